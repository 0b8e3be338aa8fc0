using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Coordinator.Api;
using RenderFarm.Coordinator.Checkpoints;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Images;
using RenderFarm.Coordinator.Inputs;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Jobs.Planning;
using RenderFarm.Coordinator.Jobs.Submission;
using RenderFarm.Coordinator.Jobs.Trailing;
using RenderFarm.Coordinator.Jobs.Views;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Reports;
using RenderFarm.Coordinator.Rescue;
using RenderFarm.Coordinator.Retention;
using RenderFarm.Coordinator.Telemetry;
using RenderFarm.Coordinator.Workers;
using RenderFarm.Coordinator.Workers.Heartbeats;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Hosting.Telemetry;

namespace RenderFarm.Coordinator;

/// <summary>Puts a coordinator into a web application. The host brings the object store, the clock and the bus.</summary>
public static class CoordinatorRegistration
{
    private static readonly TimeSpan StoreRetry = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RecordRetry = TimeSpan.FromSeconds(2);

    /// <summary>Adds the coordinator's services. Needs <see cref="Hosting.ObjectStore.IObjectStore"/> and the bus with <see cref="CoordinatorBus.Part"/>.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets the options; they are checked when the application starts.</param>
    /// <param name="record">Says where the record is; null for the default.</param>
    public static IServiceCollection AddCoordinator(this IServiceCollection services, Action<CoordinatorOptions> configure, Action<RecordOptions>? record = null)
    {
        services.AddOptions<CoordinatorOptions>().Configure(configure).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ISeedSource, SeedSource>();
        services.AddRecord(record ?? (_ => { }));

        services.AddSingleton<Planners>().AddSingleton<CheckpointCatalog>();
        // By the machine's own clock, whose time it saves.
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<OpenJobs>(provider, TimeProvider.System));
        services.AddSingleton<SubmitJobHandler>().AddSingleton<GetJob>().AddSingleton<ListJobs>().AddSingleton<ListTasks>();
        services.AddSingleton<CancelJob>().AddSingleton<RetryJob>().AddSingleton<PauseJob>().AddSingleton<FarmControl>().AddSingleton<GetImage>().AddSingleton<FarmHealth>();

        services.AddSingleton<CheckpointStore>().AddSingleton<BlobRequests>().AddSingleton<CheckpointRequests>();
        AddHosted<StoredCheckpoints>(services);
        AddHosted<ShelfKeeper>(services);

        services.AddSingleton<InputRecord>().AddSingleton<InputStore>().AddSingleton<UploadInput>().AddSingleton<GetInput>().AddSingleton<RequestPictures>();

        services.AddSingleton<IAttemptSender, AttemptSender>().AddSingleton<Backlog>().AddSingleton<LeaseProbes>().AddSingleton<ImageConfirmation>();
        // It waits for servers, which no injected clock can hold still.
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<Patience>(provider, TimeProvider.System));
        services.AddSingleton(_ => new RecordAbsence(TimeProvider.System));
        services.AddHostedService(provider => ActivatorUtilities.CreateInstance<RecordWatch>(provider, TimeProvider.System));
        services.AddSingleton(provider => new LeaseClock(LeaseClock.ToleranceOf(provider.GetRequiredService<IOptions<CoordinatorOptions>>().Value)));
        services.AddSingleton<JobEventHub>().AddSingleton<JobProgressStream>();
        services.AddSingleton<WorkerRegistry>().AddSingleton<HeartbeatWriter>();
        // By the machine's own clock, whose time it saves.
        services.AddSingleton(provider => new GatheredHeartbeats(provider.GetRequiredService<HeartbeatWriter>().WriteAsync, TimeProvider.System));
        AddHosted<CancelNotices>(services);
        AddHosted<Dispatcher>(services);
        AddHosted<LeaseRescuer>(services);
        AddHosted<ReportWriter>(services);
        AddHosted<TrailingTaskWriter>(services);
        AddHosted<CoordinatorSignals>(services);
        AddHosted<JobRetention>(services);
        AddHosted<OrphanSweeper>(services);
        AddHosted<InputSweeper>(services);
        AddHosted<RecordGauges>(services);
        services.AddFarmOpenApi();
        return services;
    }

    /// <summary>Maps the API, the event streams, the health checks and the reference.</summary>
    public static WebApplication MapCoordinator(this WebApplication app)
    {
        app.UseExceptionHandler(handler => handler.Run(AnswerFailureAsync));
        app.UseStatusCodePages(context =>
            Problems.ForStatus(context.HttpContext.Response.StatusCode, context.HttpContext.Request).ExecuteAsync(context.HttpContext));
        app.MapJobs();
        app.MapInputs();
        app.MapWorkers();
        app.MapCheckpoints();
        app.MapFarm();
        FarmHealth.Map(app);
        Acceptance.Map(app);
        app.MapFarmMetrics();
        app.MapFarmOpenApi();
        return app;
    }

    private static void AddHosted<T>(IServiceCollection services)
        where T : class, IHostedService =>
        services.AddSingleton<T>().AddHostedService(provider => provider.GetRequiredService<T>());

    private static async Task AnswerFailureAsync(HttpContext http)
    {
        var error = http.Features.Get<IExceptionHandlerFeature>()?.Error;
        if (error is not (null or ObjectStoreException) && http.RequestServices.GetRequiredService<IDatabase>().IsUnavailable(error))
        {
            CoordinatorLog.RecordUnavailable(http.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("RenderFarm.Coordinator.Api"), error);
            await Problems.Unavailable("The record cannot be reached at the moment.", RecordRetry).ExecuteAsync(http);
            return;
        }

        var status = error is BadHttpRequestException bad ? bad.StatusCode : StatusCodes.Status500InternalServerError;
        if (error is not null && status >= StatusCodes.Status500InternalServerError)
            CoordinatorLog.RequestFailed(http.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("RenderFarm.Coordinator.Api"), http.Request.Method, http.Request.Path, error);
        var problem = error is ObjectStoreException ? Problems.Unavailable(error.Message, StoreRetry) : Problems.ForStatus(status, http.Request);
        await problem.ExecuteAsync(http);
    }
}
