using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Persistence.Postgres;
using RenderFarm.Coordinator.Rescue;

namespace RenderFarm.Coordinator.Leadership;

/// <summary>Chooses the leadership by the database.</summary>
internal static class LeadershipRegistration
{
    /// <summary>Adds the leadership, started after the record and stopped after every loop that leads.</summary>
    public static IServiceCollection AddLeadership(this IServiceCollection services)
    {
        services.AddSingleton<ILeadershipGained, LeasesAtTakeover>();
        // It runs against the clock of the database, which no injected clock can hold still.
        services.AddSingleton<ILeadership>(provider => provider.GetRequiredService<IDatabase>() is PostgresDatabase shared
            ? ActivatorUtilities.CreateInstance<SharedLeadership>(
                provider, shared, () => provider.GetRequiredService<IAttemptSender>().IsReady, TimeProvider.System)
            : ActivatorUtilities.CreateInstance<SoleLeadership>(provider));
        services.AddSingleton(provider => (IHostedService)provider.GetRequiredService<ILeadership>());
        return services;
    }
}
