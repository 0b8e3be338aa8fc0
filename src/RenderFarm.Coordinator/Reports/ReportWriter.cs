using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Telemetry;
using RenderFarm.Coordinator.Workers;
using RenderFarm.Hosting.ObjectStore;

namespace RenderFarm.Coordinator.Reports;

/// <summary>
/// Writes reports to the record, all that are waiting in one transaction: under load batches grow by themselves, and without load
/// nobody waits. A report counts as delivered only when it is committed; a failed batch is handed in again by whoever delivered it. A success that the object
/// store must confirm waits for that beside the others, and comes back into a later batch.
/// </summary>
internal sealed class ReportWriter(
    FarmRecord record,
    ImageConfirmation store,
    JobEventHub events,
    Dispatcher dispatcher,
    IOptions<CoordinatorOptions> options,
    TimeProvider clock,
    ILogger<ReportWriter> logger) : BackgroundService
{
    // A transaction costs a dozen statements and a wait for the disk, however many reports it carries.
    private static readonly TimeSpan BatchesApart = TimeSpan.FromMilliseconds(80);

    private readonly Channel<PendingReport> _waiting = Channel.CreateUnbounded<PendingReport>(new UnboundedChannelOptions { SingleReader = true });

    /// <summary>Completes when the report has been committed or refused.</summary>
    public async Task ReportAsync(Report report, CancellationToken cancellation)
    {
        var pending = new PendingReport(report);
        await _waiting.Writer.WriteAsync(pending, cancellation);
        await pending.Done.Task.WaitAsync(cancellation);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (await _waiting.Reader.WaitToReadAsync(stoppingToken))
            {
                var batch = new List<PendingReport>();
                while (batch.Count < options.Value.MaxReportBatch && _waiting.Reader.TryRead(out var next)) batch.Add(next);
                var begun = TimeProvider.System.GetTimestamp();
                await WriteAsync(batch, stoppingToken);
                await RestAsync(batch.Count, begun, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops; the reports that still wait are let go below.
        }
        finally
        {
            // What was not written was not acknowledged: the bus, or the lease, brings it back.
            _waiting.Writer.TryComplete();
            while (_waiting.Reader.TryRead(out var left)) left.Done.TrySetCanceled(stoppingToken);
        }
    }

    // By the machine's own clock, whose time it saves. A full batch says that more are waiting.
    private async Task RestAsync(int written, long begun, CancellationToken stopping)
    {
        var left = BatchesApart - TimeProvider.System.GetElapsedTime(begun);
        if (left > TimeSpan.Zero && written < options.Value.MaxReportBatch) await Task.Delay(left, TimeProvider.System, stopping);
    }

    private async Task WriteAsync(List<PendingReport> pending, CancellationToken stopping)
    {
        try
        {
            var batch = new TaskBatch(clock.Now(), options.Value);
            var ended = new List<(string Worker, string Device)>();
            await record.WriteAsync(db => ApplyAsync(db, batch, pending, ended, stopping), stopping);
            CoordinatorMeters.Written(pending.Count, pending.Count(entry => entry.IsRefused), pending.Where(entry => !entry.IsRefused && !entry.NeedsConfirmation).Select(entry => entry.Report));
            events.Changed(batch.ChangedJobs);
            if (pending.Exists(entry => !entry.IsRefused && entry.Report is FailureReport or ReturnReport)) dispatcher.TasksWaitAgain();
            else dispatcher.RoomWasMade(ended);
            foreach (var report in pending.Where(report => !report.NeedsConfirmation)) report.Done.TrySetResult();
        }
        catch (Exception error) when (pending.Count > 1 && !stopping.IsCancellationRequested && !record.IsAway(error))
        {
            // One of them cannot be written, and must not take its neighbours along at every try.
            CoordinatorLog.ReportBatchSplit(logger, pending.Count, error);
            foreach (var report in pending) await WriteAsync([report], stopping);
            return;
        }
        catch (Exception error)
        {
            CoordinatorLog.ReportBatchFailed(logger, pending.Count, error);
            foreach (var report in pending) report.Done.TrySetException(error);
            if (error is OperationCanceledException && stopping.IsCancellationRequested) throw;
            return;
        }

        // Beside this loop: a store that hangs must not keep other reports from the record.
        foreach (var report in pending.Where(report => report.NeedsConfirmation)) _ = ConfirmAsync(report, stopping);
    }

    private async Task<int> ApplyAsync(FarmDbContext db, TaskBatch batch, List<PendingReport> pending, List<(string Worker, string Device)> ended, CancellationToken stopping)
    {
        var keys = pending.Select(entry => (entry.Report.Attempt.Job, entry.Report.Attempt.Index)).ToHashSet();
        var tasks = (await record.FindTasksAsync(db, keys, stopping)).ToDictionary(task => (task.Job, task.Index));
        await batch.LoadAsync(record, db, tasks.Values, stopping);
        var measured = new List<RenderTask>();
        var accepted = new List<Report>();
        foreach (var entry in pending)
        {
            entry.NeedsConfirmation = false;
            var task = tasks.GetValueOrDefault((entry.Report.Attempt.Job, entry.Report.Attempt.Index));
            var ruling = ReportRules.Judge(task, task is null ? null : batch.FindJobOf(task), entry.Report);
            entry.IsRefused = ruling.Verdict == Verdict.Refuse;
            if (entry.IsRefused)
                CoordinatorLog.ReportRefused(logger, entry.Report.GetType().Name, entry.Report.Attempt, entry.Report.Run, entry.Report.Worker, ruling.Reason!);
            else if (ruling.Verdict == Verdict.Confirm && !entry.IsConfirmed)
                entry.NeedsConfirmation = true;
            else
                Apply(batch, task!, entry.Report, measured, accepted, ended);
        }

        await WorkerStandings.NoteAsync(db, accepted, batch.Now, options.Value, logger, stopping);
        batch.Finish(db);
        await MeasureAsync(db, measured, stopping);
        return pending.Count;
    }

    private static void Apply(TaskBatch batch, RenderTask task, Report report, List<RenderTask> measured, List<Report> accepted, List<(string Worker, string Device)> ended)
    {
        accepted.Add(report);
        if (report is not StartReport && task is { Worker: { } worker, Device: { } device }) ended.Add((worker, device));
        if (report is SuccessReport && report.Worker == task.Worker) measured.Add(task);
        batch.Apply(task, report);
    }

    // Rows of one UNet call share the device, so the speed of one image is a share of the device's.
    private static async Task MeasureAsync(FarmDbContext db, List<RenderTask> finished, CancellationToken stopping)
    {
        if (finished.Count == 0) return;
        var held = await Fleet.HeldAsync(db, stopping);
        foreach (var ofDevice in finished.GroupBy(task => (task.Worker, task.Device)))
        {
            var device = await db.Devices.SingleOrDefaultAsync(row => row.Worker == ofDevice.Key.Worker && row.Device == ofDevice.Key.Device, stopping);
            var sharing = held.Find(row => (row.Worker, row.Device) == ofDevice.Key)?.Count ?? 0;
            foreach (var task in ofDevice) device?.Measure(task.Cost, TimeSpan.FromMilliseconds(task.RenderMs ?? 0), sharing);
        }
    }

    // Nobody waits for it but the one who handed the report in, who is told every outcome.
    private async Task ConfirmAsync(PendingReport pending, CancellationToken stopping)
    {
        var report = (SuccessReport)pending.Report;
        try
        {
            var head = await store.HeadAsync(report.Image, stopping);
            if (ReportRules.Confirms(head, report.Image))
            {
                pending.IsConfirmed = true;
                await _waiting.Writer.WriteAsync(pending, stopping);
                return;
            }

            CoordinatorLog.ImageUnconfirmed(logger, report.Attempt, report.Run, report.Worker, head, report.Image.SizeBytes, report.Image.Sha256);
            pending.Done.TrySetResult();
        }
        catch (Exception error)
        {
            // It is handed in again; when the store is back, it counts.
            pending.Done.TrySetException(error);
        }
    }

    private sealed class PendingReport(Report report)
    {
        public Report Report { get; } = report;

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsRefused { get; set; }

        public bool NeedsConfirmation { get; set; }

        public bool IsConfirmed { get; set; }
    }
}
