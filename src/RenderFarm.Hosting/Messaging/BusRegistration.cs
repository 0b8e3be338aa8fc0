using MassTransit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using RenderFarm.Hosting.Health;
using RenderFarm.Hosting.Messaging.Broker;
using RenderFarm.Hosting.Messaging.Queues;
using RenderFarm.Hosting.Startup;

namespace RenderFarm.Hosting.Messaging;

/// <summary>Puts the bus of a process together. The only place that chooses a transport.</summary>
public static class BusRegistration
{
    /// <summary>Adds a bus within this process, which serves every role of it.</summary>
    /// <param name="services">The process's services.</param>
    /// <param name="parts">What each role brings.</param>
    public static IServiceCollection AddFarmBus(this IServiceCollection services, params BusPart[] parts) =>
        services.AddFarmBus(new ConfigurationBuilder().Build(), parts);

    /// <summary>Adds the bus that the section <c>RenderFarm:Bus</c> describes, and its part of readiness.</summary>
    /// <param name="services">The process's services.</param>
    /// <param name="configuration">The process's configuration.</param>
    /// <param name="parts">What each role brings.</param>
    public static IServiceCollection AddFarmBus(this IServiceCollection services, IConfiguration configuration, params BusPart[] parts)
    {
        var section = configuration.GetSection(BusOptions.Section);
        var options = section.Get<BusOptions>() ?? new BusOptions();
        var broker = options.IsRemote ? BrokerAddress.TryParse(options.Connection) : null;
        services.AddOptions<BusOptions>().Bind(section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<MassTransitHostOptions>().Configure(host =>
        {
            // In memory, started means that queues exist: a message sent earlier would be dropped in silence. A broker may be away when the process starts,
            // which must not keep the rest of it from working; a message to a queue that is not there yet comes back from it as an error.
            host.WaitUntilStarted = broker is null;
            host.StopTimeout = TimeSpan.FromSeconds(10);
        });
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new FarmSender(
            provider.GetRequiredService<IBusControl>(), broker is not null, provider.GetRequiredService<IOptions<BusOptions>>(), provider.GetRequiredService<TimeProvider>()));
        // It waits for a broker, which no injected clock can hold still.
        services.AddSingleton(_ => new QueuePause(broker is not null, TimeProvider.System));
        services.AddReceiveEndpointObserver(provider => new QueuePause.Observer(provider.GetRequiredService<QueuePause>()));
        services.AddSingleton<IReadiness, BusReadiness>();
        services.AddReceiveObserver<UnreadableMessages>();
        services.AddMassTransit(bus =>
        {
            // Nothing of a farm goes to anyone: by default the library tells its makers how it is used.
            bus.DisableUsageTelemetry();
            foreach (var part in parts) part.Register(bus);
            if (broker is null) bus.UsingInMemory((context, transport) => Declare(parts, context, transport));
            else bus.UsingRabbitMq((context, transport) => RabbitMqTransport.Configure(transport, broker, options, () => Declare(parts, context, transport)));
        });
        if (broker is not null) Watch(services, broker);
        return services;
    }

    // After the bus, so that a stopping process ends the watch first.
    private static void Watch(IServiceCollection services, BrokerAddress broker)
    {
        services.AddSingleton<QueueActivity>().AddReceiveObserver(provider => provider.GetRequiredService<QueueActivity>());
        services.AddSingleton(broker).AddSingleton<BusWatch>();
        services.AddServerCheck(_ => new BrokerCheck(broker));
        services.AddHostedService(provider => provider.GetRequiredService<BusWatch>());
    }

    private static void Declare(BusPart[] parts, IBusRegistrationContext context, IReceiveConfigurator transport)
    {
        foreach (var part in parts) part.Endpoints(context, transport);
    }
}
