using MassTransit;
using Microsoft.Extensions.DependencyInjection;

namespace RenderFarm.Hosting.Messaging;

/// <summary>Puts the bus of a process together. The only place that chooses a transport.</summary>
public static class BusRegistration
{
    /// <summary>Adds one bus that serves every role of this process.</summary>
    /// <param name="services">The process's services.</param>
    /// <param name="parts">What each role brings.</param>
    public static IServiceCollection AddFarmBus(this IServiceCollection services, params BusPart[] parts)
    {
        // Started means that queues exist and are bound: a message sent earlier would be dropped in silence.
        services.AddOptions<MassTransitHostOptions>().Configure(options =>
        {
            options.WaitUntilStarted = true;
            options.StopTimeout = TimeSpan.FromSeconds(10);
        });
        services.AddMassTransit(bus =>
        {
            foreach (var part in parts) part.Register(bus);
            bus.UsingInMemory((context, transport) =>
            {
                foreach (var part in parts) part.Endpoints(context, transport);
            });
        });
        return services;
    }
}
