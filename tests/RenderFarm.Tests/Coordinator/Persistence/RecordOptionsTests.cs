using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RenderFarm.Coordinator;
using RenderFarm.Coordinator.Persistence;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Persistence;

public sealed class RecordOptionsTests
{
    private const string Allowed = "Allowed are 'Host=SERVER;Database=NAME;Username=USER' (PostgreSQL) and 'Data Source=FILE' (SQLite).";

    [Fact]
    public void Defaults_are_as_documented()
    {
        var options = Read();

        Assert.Equal(("Data Source=farm.db", 30.0, 4.0, 1.0), (options.Connection, options.CommandTimeout.TotalSeconds, options.LeadershipDuration.TotalSeconds, options.LeadershipRenewal.TotalSeconds));
    }

    [Theory]
    [InlineData("Connection", "", "The Connection field is required.")]
    [InlineData("Connection", "farm.db", "RenderFarm:Record:Connection is not a list of KEY=VALUE separated by semicolons. " + Allowed)]
    [InlineData("Connection", "Database=farm;Username=me", "RenderFarm:Record:Connection names neither Host nor Data Source, only database, username. " + Allowed)]
    [InlineData("Connection", "Data Source=:memory:", "RenderFarm:Record:Connection says 'Data Source=:memory:', which does not outlive the process. " + Allowed)]
    [InlineData("Connection", "Data Source=farm.db;Mode=ReadOnly", "RenderFarm:Record:Connection has more than a Data Source: data source, mode. " + Allowed)]
    [InlineData("CommandTimeout", "00:00:00.5", "The field CommandTimeout must be between 00:00:01 and 00:10:00.")]
    [InlineData("LeadershipRenewal", "00:00:02", "RenderFarm:Record:LeadershipRenewal must be at most a third of LeadershipDuration, so that a leader may miss two renewals.")]
    public void Value_that_cannot_be_used_is_refused_with_the_field_and_what_is_allowed(string field, string value, string message)
    {
        var error = Assert.Throws<OptionsValidationException>(() => Read((field, value)));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refusal_of_a_connection_never_repeats_a_password()
    {
        var error = Assert.Throws<OptionsValidationException>(() => Read(("Connection", "Database=farm;Password=hunter2")));

        Assert.DoesNotContain("hunter2", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host=db;Database=farm", null)]
    [InlineData("Server=db;Database=farm;Password=x", null)]
    [InlineData("Data Source=/var/lib/farm.db", "/var/lib/farm.db")]
    [InlineData("data source=farm.db", "farm.db")]
    public void Connection_string_chooses_the_database(string connection, string? file) => Assert.Equal(file, RecordAddress.SqliteFile(connection));

    private static RecordOptions Read(params (string Field, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create($"{RecordOptions.Section}:{setting.Field}", (string?)setting.Value)))
            .Build();
        using var services = new ServiceCollection().AddCoordinator(_ => { }, configuration.GetSection(RecordOptions.Section).Bind).BuildServiceProvider();
        return services.GetRequiredService<IOptions<RecordOptions>>().Value;
    }
}
