using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace RenderFarm.Testing.Faults.Inside;

/// <summary>Puts the watchers of kill points around the services of the program that is being built.</summary>
internal static class FaultRegistration
{
    public static void Configure(IHostBuilder host)
    {
        var isWorker = Environment.GetEnvironmentVariable(FarmNode.RoleVariable) == "worker";
        host.ConfigureServices((_, services) =>
        {
            var kill = KillSwitch.FromEnvironment();
            services.AddSingleton(kill);
            services.AddConsumeObserver<DeliveryObserver>();
            // Methods of their own: neither program has the assembly of the other.
            if (isWorker) WorkerFaults.Register(services, kill);
            else CoordinatorFaults.Register(services, kill);
        });
    }

    /// <summary>Puts something around a service as it was registered.</summary>
    public static void Wrap<T>(this IServiceCollection services, Func<T, T> wrap)
        where T : class
    {
        var inner = services.Last(descriptor => descriptor.ServiceType == typeof(T));
        services.AddSingleton(provider => wrap((T)Make(inner, provider)));
    }

    private static object Make(ServiceDescriptor descriptor, IServiceProvider provider) =>
        descriptor.ImplementationInstance
        ?? descriptor.ImplementationFactory?.Invoke(provider)
        ?? ActivatorUtilities.CreateInstance(provider, descriptor.ImplementationType!);
}

/// <summary>Sees deliveries come and go.</summary>
internal sealed class DeliveryObserver(KillSwitch kill) : IConsumeObserver
{
    public Task PreConsume<T>(ConsumeContext<T> context)
        where T : class
    {
        if (typeof(T).Name is "RunAttempt" or "RunAttempts") kill.Pass(KillPoint.MessageReceived);
        return Task.CompletedTask;
    }

    public Task PostConsume<T>(ConsumeContext<T> context)
        where T : class
    {
        if (typeof(T).Name == "AttemptReports") kill.Pass(KillPoint.ReportCommitted);
        return Task.CompletedTask;
    }

    public Task ConsumeFault<T>(ConsumeContext<T> context, Exception exception)
        where T : class => Task.CompletedTask;
}
