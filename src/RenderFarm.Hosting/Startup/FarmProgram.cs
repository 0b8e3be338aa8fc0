using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Hosting.Messaging.Queues;
using RenderFarm.Hosting.Telemetry;

namespace RenderFarm.Hosting.Startup;

/// <summary>What makes a process of the farm the one it is.</summary>
/// <param name="Name">coordinator or worker.</param>
/// <param name="Port">Port on the loopback address, unless <c>ASPNETCORE_URLS</c> or <c>ASPNETCORE_HTTP_PORTS</c> names others.</param>
/// <param name="Build">Adds its services.</param>
/// <param name="Map">Adds its routes.</param>
/// <param name="Explain">A sentence for a failure of the start that the operator can remove; null for one that only a programmer can.</param>
/// <param name="MayPass">Whether such a failure may be over at the next start; null (the default) when none ever is.</param>
public sealed record FarmRole(
    string Name,
    int Port,
    Func<WebApplicationBuilder, Task> Build,
    Action<WebApplication> Map,
    Func<Exception, string?> Explain,
    Func<Exception, bool>? MayPass = null);

/// <summary>Something that the operator set, or did not set, keeps the process from starting.</summary>
/// <param name="message">One sentence that names the key, the value and what is allowed.</param>
public sealed class FarmStartupException(string message) : Exception(message);

/// <summary>The life of a process of the farm: configure, start, run until SIGTERM or Ctrl-C, stop in good order.</summary>
public static class FarmProgram
{
    /// <summary>Exit code of a stop in good order.</summary>
    public const int Done = 0;

    /// <summary>Exit code of a failure that is not the configuration's; the log has it in full.</summary>
    public const int Failed = 1;

    /// <summary>
    /// Exit code of a program that ended by itself and will be well after a new start (<c>EX_TEMPFAIL</c> of <c>sysexits.h</c>): see <see cref="EarlyEnd"/>; or of one that
    /// could not start for something that may pass.
    /// </summary>
    public const int StartAgain = 75;

    /// <summary>Exit code of a configuration that cannot be used (<c>EX_CONFIG</c> of <c>sysexits.h</c>): starting again will not help.</summary>
    public const int WrongConfiguration = 78;

    /// <summary>Runs the process, or its health probe when asked to (<see cref="HealthProbe"/>).</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args, FarmRole role)
    {
        if (HealthProbe.IsAsked(args)) return await HealthProbe.RunAsync(args, Console.Error, TimeProvider.System);
        try
        {
            await using var application = await BuildAsync(args, role);
            var end = application.Services.GetRequiredService<EarlyEnd>();
            await RunAsync(application);
            if (end.Reason is not { } reason) return Done;
            await Console.Error.WriteLineAsync($"The {role.Name} ended by itself, to be started again: {reason}");
            return StartAgain;
        }
        catch (Exception error)
        {
            if ((Explain(error) ?? role.Explain(error)) is not { } sentence)
            {
                await Console.Error.WriteLineAsync($"The {role.Name} failed: {error}");
                return Failed;
            }

            await Console.Error.WriteLineAsync($"error: {sentence}");
            return role.MayPass?.Invoke(error) == true ? StartAgain : WrongConfiguration;
        }
    }

    private static async Task RunAsync(WebApplication application)
    {
        // The application is gone when the run ends.
        var stopping = application.Lifetime.ApplicationStopping;
        try
        {
            await application.RunAsync();
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // It was asked to end while it was starting.
        }
    }

    private static async Task<WebApplication> BuildAsync(string[] args, FarmRole role)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        FarmSecrets.AddTo(builder.Configuration);
        if (string.IsNullOrEmpty(builder.Configuration[WebHostDefaults.ServerUrlsKey]) && string.IsNullOrEmpty(builder.Configuration[WebHostDefaults.HttpPortsKey]))
            builder.WebHost.UseUrls($"http://127.0.0.1:{role.Port}");
        builder.Logging.ClearProviders().AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
        });
        // One line a request, and one a query, would drown what an operator looks for; the configuration section Logging can ask for them.
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Information).AddFilter(EndpointNames.Telemetry, LogLevel.Warning);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddSingleton<EarlyEnd>();
        await role.Build(builder);
        var application = builder.Build();
        role.Map(application);
        return application;
    }

    private static string? Explain(Exception error) => error switch
    {
        FarmStartupException => error.Message,
        OptionsValidationException invalid => string.Join(" ", invalid.Failures.Select(Shorten)),
        IOException { InnerException: AddressInUseException } => $"{error.Message} Stop the other program, or set ASPNETCORE_HTTP_PORTS to another port.",
        // The binder's own words name key, value and type.
        InvalidOperationException { InnerException: FormatException or ArgumentException or OverflowException } => error.Message,
        _ => null,
    };

    // The framework puts the member's name in front of a sentence that names the whole key.
    private static string Shorten(string failure)
    {
        const string mark = "with the error: '";
        var begin = failure.IndexOf(mark, StringComparison.Ordinal);
        return begin < 0 ? failure : failure[(begin + mark.Length)..].TrimEnd('.').TrimEnd('\'');
    }
}
