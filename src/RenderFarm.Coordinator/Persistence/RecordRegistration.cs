using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Coordinator.Leadership;
using RenderFarm.Coordinator.Persistence.Postgres;
using RenderFarm.Coordinator.Persistence.Sqlite;

namespace RenderFarm.Coordinator.Persistence;

/// <summary>Chooses the database by its connection string.</summary>
internal static class RecordRegistration
{
    /// <summary>Adds the record, its start-up and the leadership over it.</summary>
    public static IServiceCollection AddRecord(this IServiceCollection services, Action<RecordOptions> configure)
    {
        services.AddOptions<RecordOptions>().Configure(configure).ValidateDataAnnotations()
            .Validate(
                options => options.LeadershipRenewal * 3 <= options.LeadershipDuration,
                "RenderFarm:Record:LeadershipRenewal must be at most a third of LeadershipDuration, so that a leader may miss two renewals.")
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<RecordOptions>, ConnectionCheck>();
        services.AddSingleton(Open);
        services.AddSingleton<IDbContextFactory<FarmDbContext>>(provider => provider.GetRequiredService<IDatabase>());
        services.AddSingleton<FarmRecord>();
        // It waits for a server, which no injected clock can hold still.
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<RecordStartup>(provider, TimeProvider.System));
        services.AddHostedService(provider => provider.GetRequiredService<RecordStartup>());
        services.AddLeadership();
        return services;
    }

    /// <summary>The database of a connection string.</summary>
    public static IDatabase Open(RecordOptions options, ILoggerFactory? logging) => RecordAddress.SqliteFile(options.Connection) is { } file
        ? new SqliteDatabase(file, options.CommandTimeout, logging)
        : new PostgresDatabase(options.Connection, options.CommandTimeout, logging);

    private static IDatabase Open(IServiceProvider provider) =>
        Open(provider.GetRequiredService<IOptions<RecordOptions>>().Value, provider.GetService<ILoggerFactory>());

    private sealed class ConnectionCheck : IValidateOptions<RecordOptions>
    {
        public ValidateOptionsResult Validate(string? name, RecordOptions options) =>
            string.IsNullOrEmpty(options.Connection) || RecordAddress.Refusal(options.Connection) is not { } refusal
                ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail(refusal);
    }
}
