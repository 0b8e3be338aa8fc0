using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using RenderFarm.Hosting.Messaging.Queues;
using RenderFarm.Hosting.ObjectStore;

namespace RenderFarm.Hosting.Telemetry;

/// <summary>Puts the telemetry of a process together: metrics for Prometheus always, and everything over OTLP where a collector is named.</summary>
public static class TelemetryRegistration
{
    /// <summary>Path that Prometheus scrapes.</summary>
    public const string MetricsPath = "/metrics";

    // The standard variables of OpenTelemetry; the exporter reads the rest of them itself.
    private const string OtlpEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string ServiceName = "OTEL_SERVICE_NAME";

    /// <summary>
    /// Adds the farm's meters, the runtime's and the web server's. With <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> in the configuration, metrics, traces (HTTP
    /// and bus) and logs go there as well. Call it after the object store was added, whose puts are timed from then on.
    /// </summary>
    /// <param name="services">The process's services.</param>
    /// <param name="configuration">The process's configuration, environment included.</param>
    /// <param name="role">What the process is, for example <c>coordinator</c>; the service is named <c>renderfarm-coordinator</c> unless <c>OTEL_SERVICE_NAME</c> says otherwise.</param>
    /// <exception cref="InvalidOperationException">There is no object store yet.</exception>
    public static IServiceCollection AddFarmTelemetry(this IServiceCollection services, IConfiguration configuration, string role)
    {
        MeterObjectStore(services);
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(
                configuration[ServiceName] ?? $"renderfarm-{role}",
                serviceVersion: typeof(TelemetryRegistration).Assembly.GetName().Version?.ToString(3)))
            .WithMetrics(metrics => metrics
                .AddMeter([.. FarmInstruments.Meters])
                .AddRuntimeInstrumentation()
                .AddAspNetCoreInstrumentation()
                .AddPrometheusExporter(exporter => exporter.ScopeInfoEnabled = false));
        if (!string.IsNullOrEmpty(configuration[OtlpEndpoint]))
        {
            telemetry
                .WithTracing(tracing => tracing.AddAspNetCoreInstrumentation().AddSource(EndpointNames.Telemetry))
                .WithLogging()
                .UseOtlpExporter();
        }

        return services;
    }

    /// <summary>Serves the metrics at <see cref="MetricsPath"/> where telemetry was added; does nothing in a process without it.</summary>
    public static IEndpointRouteBuilder MapFarmMetrics(this IEndpointRouteBuilder routes)
    {
        if (routes.ServiceProvider.GetService<MeterProvider>() is not null)
            routes.MapPrometheusScrapingEndpoint(MetricsPath);
        return routes;
    }

    private static void MeterObjectStore(IServiceCollection services)
    {
        var added = services.LastOrDefault(service => service.ServiceType == typeof(IObjectStore))
            ?? throw new InvalidOperationException("Telemetry is added after the object store, whose puts it times.");
        services.Remove(added);
        services.AddSingleton<IObjectStore>(provider => new MeteredObjectStore(Make(added, provider), provider.GetRequiredService<TimeProvider>()));
    }

    private static IObjectStore Make(ServiceDescriptor added, IServiceProvider provider) => (IObjectStore)(
        added.ImplementationInstance ?? added.ImplementationFactory?.Invoke(provider) ?? ActivatorUtilities.CreateInstance(provider, added.ImplementationType!));
}
