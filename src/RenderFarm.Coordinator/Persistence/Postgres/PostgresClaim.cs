using Npgsql;
using NpgsqlTypes;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Dispatch;

namespace RenderFarm.Coordinator.Persistence.Postgres;

/// <summary>A claim as the parameters of <see cref="TaskStatements.Claim"/>, and its rows as claimed tasks.</summary>
internal static class PostgresClaim
{
    /// <summary>The statement with its parameters.</summary>
    public static NpgsqlBatchCommand Command(Claim claim)
    {
        var tasks = claim.Allotments.SelectMany(allotment => allotment.Indices.Select(index => (allotment.Job, allotment.Device, Index: index))).ToList();
        var jobs = claim.Allotments.Select(allotment => allotment.Job.Id.Value).ToList();
        return new NpgsqlBatchCommand(TaskStatements.Claim)
        {
            Parameters =
            {
                Array(NpgsqlDbType.Uuid, tasks.ConvertAll(task => task.Job.Id.Value).ToArray()),
                Array(NpgsqlDbType.Integer, tasks.ConvertAll(task => task.Index).ToArray()),
                Array(NpgsqlDbType.Text, tasks.ConvertAll(task => task.Device.Worker).ToArray()),
                Array(NpgsqlDbType.Text, tasks.ConvertAll(task => task.Device.Device).ToArray()),
                new NpgsqlParameter<DateTimeOffset> { TypedValue = claim.LeaseExpiresAt },
                new NpgsqlParameter<long> { TypedValue = claim.Epoch },
                new NpgsqlParameter<Guid> { TypedValue = jobs.Min() },
                new NpgsqlParameter<DateTimeOffset> { TypedValue = claim.Now },
                Array(NpgsqlDbType.Text, tasks.ConvertAll(task => Pin(task.Job, task.Device)).ToArray()),
                new NpgsqlParameter<Guid> { TypedValue = jobs.Max() },
            },
        };
    }

    /// <summary>What was claimed, by job and index.</summary>
    public static async Task<List<ClaimedTask>> ReadAsync(NpgsqlDataReader reader, Claim claim, CancellationToken cancellation)
    {
        var jobs = claim.Allotments.Select(allotment => allotment.Job).DistinctBy(job => job.Id).ToDictionary(job => job.Id);
        var claimed = new List<ClaimedTask>();
        while (await reader.ReadAsync(cancellation))
            claimed.Add(new ClaimedTask(jobs[new JobId(reader.GetGuid(0))], reader.GetString(3), reader.GetString(4), reader.GetInt32(1), reader.GetInt32(2)));
        return claimed;
    }

    private static string? Pin(WaitingJob job, DeviceLoad device) => job.Needs.Determinism == DeterminismClasses.Reproducible ? device.Profile : null;

    private static NpgsqlParameter Array(NpgsqlDbType element, Array values) =>
        new() { NpgsqlDbType = NpgsqlDbType.Array | element, Value = values };
}
