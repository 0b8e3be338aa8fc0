using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RenderFarm.Coordinator;
using Xunit;

namespace RenderFarm.Tests.Coordinator;

public sealed class OptionsTests
{
    [Fact]
    public void Defaults_are_as_documented()
    {
        var options = Read(_ => { });

        Assert.Equal(("main", null, null), (options.Name, options.DefaultModel, options.TenantHeader));
        Assert.Equal((12.0, 0.5, 1.0, 2.0), (options.LeaseDuration.TotalSeconds, options.RescueInterval.TotalSeconds, options.DispatchInterval.TotalSeconds, options.DispatchWindow.TotalSeconds));
        Assert.Equal((1_000, 3, 2, 10, 256), (options.MaxHeldPerDevice, options.MaxAttempts, options.PoisonDeaths, options.MaxRescues, options.MaxReportBatch));
        Assert.Equal((5, 60.0), (options.QuarantineFaults, options.QuarantineCoolDown.TotalSeconds));
        Assert.Equal((1.0, 60.0, 15.0), (options.RetryBackoff.TotalSeconds, options.MaxRetryBackoff.TotalSeconds, options.EventKeepAlive.TotalSeconds));
        Assert.Equal((null, 600.0, 24.0, 24.0), (options.RetentionDays, options.RetentionInterval.TotalSeconds, options.SweepInterval.TotalHours, options.SweepGrace.TotalHours));
        Assert.Equal(24, options.WorkerRetention.TotalHours);
    }

    [Theory]
    [InlineData("MaxAttempts", "0", "The field MaxAttempts must be between 1 and 100.")]
    [InlineData("LeaseDuration", "00:00:00.5", "The field LeaseDuration must be between 00:00:01 and 00:10:00.")]
    [InlineData("RetentionDays", "0", "The field RetentionDays must be between 1 and 36500.")]
    [InlineData("SweepGrace", "00:30:00", "The field SweepGrace must be between 01:00:00 and 30.00:00:00.")]
    [InlineData("Name", "Main Hall", "The field Name must match the regular expression '[a-z0-9-]{1,64}'.")]
    public void Value_out_of_range_is_refused_with_the_field_and_what_is_allowed(string field, string value, string message)
    {
        var error = Assert.Throws<OptionsValidationException>(() => Read(Bind((field, value))));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_bind_from_configuration()
    {
        var options = Read(Bind(("MaxAttempts", "5"), ("LeaseDuration", "00:00:30"), ("TenantHeader", "X-Tenant")));

        Assert.Equal((5, 30.0, "X-Tenant"), (options.MaxAttempts, options.LeaseDuration.TotalSeconds, options.TenantHeader));
    }

    private static Action<CoordinatorOptions> Bind(params (string Field, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create($"{CoordinatorOptions.Section}:{setting.Field}", (string?)setting.Value)))
            .Build();
        return options => configuration.GetSection(CoordinatorOptions.Section).Bind(options);
    }

    private static CoordinatorOptions Read(Action<CoordinatorOptions> configure)
    {
        using var services = new ServiceCollection().AddCoordinator(configure).BuildServiceProvider();
        return services.GetRequiredService<IOptions<CoordinatorOptions>>().Value;
    }
}
