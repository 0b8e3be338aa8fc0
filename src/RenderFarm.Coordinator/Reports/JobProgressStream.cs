using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RenderFarm.Contracts.Api;
using RenderFarm.Coordinator.Api;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Jobs.Planning;
using RenderFarm.Coordinator.Jobs.Trailing;
using RenderFarm.Coordinator.Jobs.Views;
using RenderFarm.Coordinator.Persistence;

namespace RenderFarm.Coordinator.Reports;

/// <summary>
/// <c>GET /v1/jobs/{id}/events</c>. What ended comes from the record by its number, so nothing is lost by a restart, a lost wake-up or a
/// slow client; memory is one page per client. Progress comes from the bus and may be lost.
/// </summary>
internal sealed class JobProgressStream(
    FarmRecord record,
    Planners planners,
    JobEventHub hub,
    GetJob getJob,
    IHostApplicationLifetime lifetime,
    IOptions<CoordinatorOptions> options,
    TimeProvider clock)
{
    private const int PageSize = 256;

    /// <summary>Streams until the job's last event, the client's leaving or the server's stop; 204 when the client has seen the last event.</summary>
    public async Task<IResult> HandleAsync(HttpContext http, RenderJob job)
    {
        var last = http.Request.Headers["Last-Event-ID"].ToString();
        var seen = -1L;
        if (last.Length > 0 && !long.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out seen))
            return Problems.Invalid(new FieldError("Last-Event-ID", Problems.Shorten(last), "The id of an event of this job: a whole number from 0."));
        if (seen >= 0 && seen >= job.EndSeq) return Results.NoContent();
        return new EventStream(this, job, seen < 0 ? null : seen);
    }

    private async Task StreamAsync(HttpContext http, RenderJob job, long? lastSeen)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        using var listener = hub.Listen(job.Id);
        try
        {
            var seen = lastSeen ?? await SnapshotAsync(http.Response, job, either.Token);
            while (true)
            {
                (seen, var isOver, var isCaughtUp) = await ReplayAsync(http.Response, job, seen, either.Token);
                if (isOver) return;
                if (!isCaughtUp) continue;
                if (!await listener.WaitAsync(options.Value.EventKeepAlive, clock, either.Token))
                    await WriteAsync(http.Response, ": keep-alive\n\n", either.Token);
                foreach (var progress in listener.TakeProgress())
                    await WriteAsync(http.Response, Event(JobEventNames.TaskProgress, null, progress), either.Token);
            }
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            // The client left or the server stops: the client comes back with the last id it saw.
        }
    }

    private async Task<long> SnapshotAsync(HttpResponse response, RenderJob job, CancellationToken cancellation)
    {
        // The row is read before the view: an event between them is sent twice, never lost.
        var row = (await getJob.RowAsync(job.Id, job.Tenant, cancellation))!;
        var view = (await getJob.FindAsync(job.Id, job.Tenant, cancellation))!;
        await WriteAsync(response, Event(JobEventNames.Snapshot, null, view), cancellation);
        return row.EndSeq - 1 ?? row.LastSeq;
    }

    private async Task<(long Seen, bool IsOver, bool IsCaughtUp)> ReplayAsync(HttpResponse response, RenderJob job, long seen, CancellationToken cancellation)
    {
        // The job before its tasks: whatever ended before the job did is then among them.
        var row = (await getJob.RowAsync(job.Id, job.Tenant, cancellation))!;
        var ended = await record.ReadAsync(
            db => db.Tasks.Where(task => task.Job == job.Id).EndedAfter(row, seen).Take(PageSize).ToListAsync(cancellation), cancellation);
        var text = new StringBuilder();
        if (ended.Count > 0)
        {
            var planner = await planners.OfAsync(job.Id, cancellation);
            foreach (var task in ended)
                text.Append(Event("task." + task.Status, task.EndedSeq, new TaskEndedEvent(JobViews.Of(task, planner), JobViews.Counts(row))));
            seen = ended[^1].EndedSeq!.Value;
        }

        var isCaughtUp = ended.Count < PageSize;
        // While rows trail a cancel, who has seen less than the last of them waits for their ends.
        var isOver = isCaughtUp && row.EndSeq is { } end && (row.CanceledSeq is null || seen >= end - 1);
        if (isOver)
        {
            var view = (await getJob.FindAsync(job.Id, job.Tenant, cancellation))!;
            text.Append(Event("job." + row.Status, row.EndSeq, view));
        }

        if (text.Length > 0) await WriteAsync(response, text.ToString(), cancellation);
        return (seen, isOver, isCaughtUp);
    }

    private static string Event<T>(string name, long? id, T payload)
    {
        var number = id is { } known ? string.Create(CultureInfo.InvariantCulture, $"id: {known}\n") : "";
        return $"{number}event: {name}\ndata: {JsonSerializer.Serialize(payload, FarmJson.Options)}\n\n";
    }

    private static async Task WriteAsync(HttpResponse response, string text, CancellationToken cancellation)
    {
        await response.WriteAsync(text, Encoding.UTF8, cancellation);
        await response.Body.FlushAsync(cancellation);
    }

    private sealed class EventStream(JobProgressStream stream, RenderJob job, long? lastSeen) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            response.ContentType = "text/event-stream";
            response.Headers.CacheControl = "no-store";
            response.Headers["X-Accel-Buffering"] = "no";
            await response.StartAsync(httpContext.RequestAborted);
            await stream.StreamAsync(httpContext, job, lastSeen);
        }
    }
}
