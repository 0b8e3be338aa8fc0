using System.Runtime.CompilerServices;
using RenderFarm.Contracts;

namespace RenderFarm.Cli.Client;

/// <summary>
/// Follows a job's events to its end through lost connections and restarts of the server: it reconnects with the id of the last
/// durable event it saw. An event can come twice and steps can be missed; the last event is always a <see cref="JobEnded"/>.
/// </summary>
internal sealed class JobWatch(FarmClient client, TimeProvider clock)
{
    /// <summary>How long a server may stay away before the watch gives up.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>The events of a job, from now to its end.</summary>
    /// <exception cref="FarmApiException">There is no such job.</exception>
    /// <exception cref="FarmUnreachableException">The server was not there at first, or stayed away for longer than <see cref="Patience"/>.</exception>
    public async IAsyncEnumerable<JobEvent> ReadAsync(JobId job, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? lastEventId = null;
        var connection = await OpenAsync(job, null, cancellationToken);
        for (var quiet = true; ; quiet = true)
        {
            await using (connection)
            {
                while (await connection.NextAsync(cancellationToken) is { } item)
                {
                    lastEventId = connection.LastEventId ?? lastEventId;
                    if (JobEvent.Read(item) is not { } happened) continue;
                    quiet &= happened is JobSeen;
                    yield return happened;
                    if (happened is JobEnded) yield break;
                }
            }

            (var next, var ended) = await ReturnAsync(job, lastEventId, quiet, cancellationToken);
            if (ended is not null) yield return ended;
            if (next is null) yield break;
            connection = next;
        }
    }

    private async Task<EventConnection> OpenAsync(JobId job, string? lastEventId, CancellationToken cancellationToken) =>
        await EventConnection.OpenAsync(await client.OpenEventsAsync(job, lastEventId, cancellationToken), cancellationToken);

    /// <summary>A new connection; or, when the former had nothing to say and the job has ended, that end.</summary>
    private async Task<(EventConnection? Connection, JobEnded? Ended)> ReturnAsync(
        JobId job, string? lastEventId, bool wasQuiet, CancellationToken cancellationToken)
    {
        var lostAt = clock.GetTimestamp();
        for (var pause = FirstPause; ; pause = TimeSpan.FromTicks(Math.Min(2 * pause.Ticks, LongestPause.Ticks)))
        {
            await Task.Delay(pause, clock, cancellationToken);
            try
            {
                if (wasQuiet && await client.GetJobAsync(job, cancellationToken) is { } view && JobStatuses.IsEnded(view.Status))
                    return (null, new JobEnded(view));
                return (await OpenAsync(job, lastEventId, cancellationToken), null);
            }
            catch (FarmUnreachableException) when (clock.GetElapsedTime(lostAt) < Patience)
            {
            }
            catch (FarmApiException error) when (error.IsTransient && clock.GetElapsedTime(lostAt) < Patience)
            {
            }
        }
    }
}
