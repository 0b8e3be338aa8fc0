using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using RenderFarm.Hosting.Health;
using RenderFarm.Hosting.Startup;

namespace RenderFarm.Hosting.ObjectStore;

/// <summary>Chooses where images are kept, by configuration alone.</summary>
public static class ObjectStoreRegistration
{
    /// <summary>Adds the <see cref="IObjectStore"/> that the section <c>RenderFarm:Store</c> describes, and its part of readiness.</summary>
    public static IServiceCollection AddObjectStore(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<ObjectStoreOptions>().Bind(configuration.GetSection(ObjectStoreOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IObjectStore>(provider =>
        {
            var options = provider.GetRequiredService<IOptions<ObjectStoreOptions>>().Value;
            return options.Folder is { Length: > 0 } folder
                ? new FileObjectStore(folder)
                : new S3ObjectStore(options, provider.GetRequiredService<TimeProvider>());
        });
        services.AddSingleton<IReadiness, ObjectStoreReadiness>();
        services.AddServerCheck(provider => new S3Check(provider.GetRequiredService<IOptions<ObjectStoreOptions>>().Value));
        return services;
    }
}
