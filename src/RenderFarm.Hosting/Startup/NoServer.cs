using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace RenderFarm.Hosting.Startup;

/// <summary>A web server that listens nowhere, for a worker that must open no port.</summary>
internal sealed class NoServer : IServer
{
    public IFeatureCollection Features { get; } = new FeatureCollection();

    public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
        where TContext : notnull => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        // Nothing was opened.
    }
}

/// <summary>Switches the web server off.</summary>
public static class NoServerRegistration
{
    /// <summary>Makes the process listen nowhere.</summary>
    public static IServiceCollection AddNoServer(this IServiceCollection services) => services.AddSingleton<IServer, NoServer>();
}
