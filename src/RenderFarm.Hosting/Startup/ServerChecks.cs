using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace RenderFarm.Hosting.Startup;

/// <summary>Looks at a server that the configuration names.</summary>
internal interface IServerCheck
{
    /// <summary>A sentence when no wait will help: the server is there, and it and the configuration do not go together. Null when all is well, and when it is away.</summary>
    Task<string?> RefusalAsync(CancellationToken cancellation);
}

/// <summary>
/// Looks at every server once, before anything else starts. Its clients connect in the background and would try for ever what cannot succeed, while the process
/// looks as if it only waited.
/// </summary>
/// <remarks>A server that is away then is not waited for. What is wrong with it when it comes, readiness says.</remarks>
internal sealed class ServerChecks(IEnumerable<IServerCheck> checks) : IHostedLifecycleService
{
    /// <exception cref="FarmStartupException">A server and the configuration do not go together.</exception>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        var refusals = (await Task.WhenAll(checks.Select(check => check.RefusalAsync(cancellationToken)))).OfType<string>().ToList();
        if (refusals.Count > 0) throw new FarmStartupException(string.Join(' ', refusals));
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>Adds checks.</summary>
internal static class ServerCheckRegistration
{
    /// <summary>Adds a check that <see cref="ServerChecks"/> makes when the process starts, and that others may make again.</summary>
    public static IServiceCollection AddServerCheck<T>(this IServiceCollection services, Func<IServiceProvider, T> make)
        where T : class, IServerCheck
    {
        services.AddSingleton(make).AddSingleton<IServerCheck>(provider => provider.GetRequiredService<T>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, ServerChecks>());
        return services;
    }
}
