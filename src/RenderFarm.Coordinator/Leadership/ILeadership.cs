namespace RenderFarm.Coordinator.Leadership;

/// <summary>
/// Whether this coordinator leads: one at a time does what must be done once (dispatch, rescue, retention); all serve the API and take
/// reports. What is told here may be out of date by the time it is used, so whoever changes the record hands the epoch to the statement.
/// </summary>
internal interface ILeadership
{
    /// <summary>Number of this coordinator's leadership, greater than every one before it; null while it does not lead.</summary>
    long? Epoch { get; }

    /// <summary>Raised when <see cref="Epoch"/> has come to be.</summary>
    event Action? Gained;
}

/// <summary>What has to happen before a new leader does anything else: its predecessor may have been away for any time.</summary>
internal interface ILeadershipGained
{
    /// <summary>Runs once per epoch; when it fails, the leadership is given up and sought again.</summary>
    /// <param name="epoch">The new epoch, for <see cref="Persistence.FarmRecord.LeadAsync"/>.</param>
    /// <param name="cancellation">The coordinator stops.</param>
    Task OnGainedAsync(long epoch, CancellationToken cancellation);
}
