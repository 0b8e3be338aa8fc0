using System.Buffers.Binary;
using System.Diagnostics.Metrics;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Reports;
using RenderFarm.Hosting.Telemetry;

namespace RenderFarm.Coordinator.Telemetry;

/// <summary>What happens in this coordinator, counted. Instruments belong to the process, because a process is what is scraped.</summary>
internal static class CoordinatorMeters
{
    private static readonly Meter Meter = new(FarmInstruments.CoordinatorMeter);

    private static readonly Counter<long> Attempts = Meter.CreateCounter<long>(FarmInstruments.Attempts, null, "Attempts whose end the record took.");

    private static readonly Counter<long> Rescues = Meter.CreateCounter<long>(FarmInstruments.Rescues, null, "Tasks whose lease expired.");

    private static readonly Counter<long> Refused = Meter.CreateCounter<long>(FarmInstruments.ReportsRefused, null, "Reports refused as stale.");

    private static readonly Histogram<int> BatchSize =
        Meter.CreateHistogram(FarmInstruments.ReportBatchSize, null, "Reports written in one transaction.", null, Buckets.Counts);

    private static readonly Histogram<double> RenderDuration =
        Meter.CreateHistogram(FarmInstruments.RenderDuration, "s", "From the engine slot to the finished pixels.", null, Buckets.Seconds);

    private static readonly Histogram<double> SubmitToDispatch =
        Meter.CreateHistogram(FarmInstruments.SubmitToDispatch, "s", "From a job's submission to the dispatch of a task's first attempt.", null, Buckets.Seconds);

    /// <summary>A batch of reports is in the record: said after the commit, so that a batch written again is counted once.</summary>
    /// <param name="size">Reports in it.</param>
    /// <param name="refused">Those refused as stale.</param>
    /// <param name="applied">Those that changed a task.</param>
    public static void Written(int size, int refused, IEnumerable<Report> applied)
    {
        BatchSize.Record(size);
        if (refused > 0) Refused.Add(refused);
        foreach (var report in applied) Ended(report);
    }

    /// <summary>Leases expired.</summary>
    public static void Rescued(int tasks)
    {
        if (tasks > 0) Rescues.Add(tasks);
    }

    /// <summary>Tasks were claimed for devices.</summary>
    public static void Dispatched(IEnumerable<ClaimedTask> claimed, DateTimeOffset now)
    {
        if (!SubmitToDispatch.Enabled) return;
        foreach (var task in claimed.Where(task => task.Attempt == 1))
            SubmitToDispatch.Record(Math.Max(0, (now - SubmittedAt(task.Job.Id)).TotalSeconds), Tag("priority", task.Job.Priority));
    }

    private static void Ended(Report report)
    {
        switch (report)
        {
            case SuccessReport success:
                Attempts.Add(1, Tag("outcome", "succeeded"));
                RenderDuration.Record(success.Image.RenderMilliseconds / 1_000.0);
                break;
            case FailureReport failure:
                Attempts.Add(1, Tag("outcome", "failed"), Tag("code", failure.Failure.Code));
                break;
            case ReturnReport:
                Attempts.Add(1, Tag("outcome", "returned"));
                break;
        }
    }

    // RFC 9562 section 5.7: the first 48 bits of a UUID of version 7 are milliseconds since 1970.
    private static DateTimeOffset SubmittedAt(JobId job)
    {
        Span<byte> bytes = stackalloc byte[16];
        job.Value.TryWriteBytes(bytes, bigEndian: true, out _);
        return DateTimeOffset.FromUnixTimeMilliseconds((long)(BinaryPrimitives.ReadUInt64BigEndian(bytes) >> 16));
    }

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
