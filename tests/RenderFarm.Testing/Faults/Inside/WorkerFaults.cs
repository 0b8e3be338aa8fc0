using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Worker;

namespace RenderFarm.Testing.Faults.Inside;

/// <summary>The kill points of a worker, and an engine whose steps last as long as the test says.</summary>
internal static class WorkerFaults
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Register(IServiceCollection services, KillSwitch kill)
    {
        services.AddSingleton<IPipelineLoader, PacedLoader>();
        services.Wrap<IObjectStore>(store => new WatchedObjectStore(store, kill));
        services.Wrap<IReportSender>(sender => new WatchedReportSender(sender, kill));
    }
}

/// <summary>Loads a <see cref="PacedPipeline"/> for any checkpoint.</summary>
internal sealed class PacedLoader(IOptions<WorkerOptions> options, KillSwitch kill) : IPipelineLoader
{
    public ITextToImagePipeline Load(Checkpoint checkpoint, string device) => new PacedPipeline(
        options.Value.Slots, ExecutionEnvironment.Of(SettingsMapping.ToPipelineOptions(options.Value, device)), PacedPipeline.StepFromEnvironment(), kill);
}

/// <summary>Sees success reports leave.</summary>
internal sealed class WatchedReportSender(IReportSender inner, KillSwitch kill) : IReportSender
{
    public async Task ReportAsync(IReadOnlyList<object> reports, CancellationToken cancellation)
    {
        await inner.ReportAsync(reports, cancellation);
        if (reports.OfType<AttemptSucceeded>().Any()) kill.Pass(KillPoint.ReportSent);
    }

    public Task TellAsync(object message, CancellationToken cancellation) => inner.TellAsync(message, cancellation);

    public Task ProgressAsync(AttemptsProgressed progress, CancellationToken cancellation) => inner.ProgressAsync(progress, cancellation);
}
