using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Coordinator;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Reports;
using RenderFarm.Coordinator.Telemetry;
using RenderFarm.Hosting.Messaging;
using RenderFarm.Hosting.Messaging.Queues;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Hosting.Telemetry;
using RenderFarm.Testing.Coordinator;
using RenderFarm.Worker;
using RenderFarm.Worker.Telemetry;

namespace RenderFarm.Testing.Telemetry;

/// <summary>A coordinator with telemetry on a free port, every instrument of the farm used once, and what Prometheus gets to read of it.</summary>
public static class ScrapedFarm
{
    private static readonly AttemptId Attempt = new(JobId.New(TimeProvider.System), 0, 1);

    /// <summary>Starts, measures, scrapes and stops.</summary>
    /// <returns>The metrics in Prometheus' text format.</returns>
    public static async Task<string> ScrapeAsync(CancellationToken cancellation)
    {
        using var folder = new TemporaryFolder();
        await using var application = Build(folder.Path);
        await application.StartAsync(cancellation);
        using var worker = new WorkerMeters(new HeldRuns(), Options.Create(new WorkerOptions()));
        var run = RunId.New(TimeProvider.System);
        worker.Reported(new AttemptStarted(Attempt, run, "w"));
        worker.Reported(new AttemptSucceeded(Attempt, run, "w", new StoredImage("k", "s", 1, 1, "p")));
        await MeasureAsync(application.Services, cancellation);

        using var client = new HttpClient { BaseAddress = new Uri(application.Urls.Single()) };
        var text = await client.GetStringAsync(TelemetryRegistration.MetricsPath, cancellation);
        await application.StopAsync(cancellation);
        return text;
    }

    private static WebApplication Build(string folder)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(TimeProvider.System).AddSingleton<IObjectStore, MemoryObjectStore>();
        builder.Services.AddCoordinator(_ => { }, record => record.Connection = $"Data Source={Path.Combine(folder, "farm.db")}");
        builder.Services.AddFarmBus(CoordinatorBus.Part);
        builder.Services.AddFarmTelemetry(builder.Configuration, "coordinator");
        var application = builder.Build();
        application.MapCoordinator();
        return application;
    }

    private static async Task MeasureAsync(IServiceProvider services, CancellationToken cancellation)
    {
        var run = RunId.New(TimeProvider.System);
        var job = new WaitingJob(Attempt.Job, "default", Priorities.Normal, new RenderNeeds("c", DeterminismClasses.Fast, null), ImageFormats.Png, null);
        CoordinatorMeters.Dispatched([new ClaimedTask(job, "w", "cpu", 0, 1)], DateTimeOffset.MaxValue);
        CoordinatorMeters.Rescued(1);
        UnreadableMessages.Count(EndpointNames.Reports);
        CoordinatorMeters.Written(2, 1, [
            new SuccessReport(Attempt, run, "w", new StoredImage("k", "s", 1, 250, "p")),
            new FailureReport(Attempt, run, "w", new AttemptFailure(FailureCodes.OutOfMemory, true, "d")),
        ]);
        Diffusion.Engine.EngineMeter.Called(images: 2, rows: 4);
        var key = ObjectKey.ForImage(Attempt, run, ImageFormats.Png);
        await services.GetRequiredService<IObjectStore>().PutAsync(key, new byte[1], "image/png", cancellation);

        await ReadRecordAsync(services, cancellation);
    }

    // A checkpoint has its series while a job or a worker names it.
    private static async Task ReadRecordAsync(IServiceProvider services, CancellationToken cancellation)
    {
        await services.GetRequiredService<FarmRecord>().WriteAsync(db => Task.FromResult(db.Jobs.Add(AJob.With(total: 3))), cancellation);
        var gauges = services.GetRequiredService<RecordGauges>();
        // The first of two passes may have begun before the job was there.
        for (var passes = 0; passes < 2; passes++)
        {
            var pass = gauges.NextPass();
            gauges.Wake();
            await pass.WaitAsync(cancellation);
        }
    }
}
