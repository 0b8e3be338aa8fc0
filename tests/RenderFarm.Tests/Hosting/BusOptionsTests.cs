using System.ComponentModel.DataAnnotations;
using MassTransit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RenderFarm.Hosting.Messaging;
using RenderFarm.Hosting.Messaging.Broker;
using Xunit;

namespace RenderFarm.Tests.Hosting;

public sealed class BusOptionsTests
{
    [Fact]
    public void Defaults_are_those_that_the_documentation_states()
    {
        var options = new BusOptions();
        Assert.Equal(("memory", false, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10)), (options.Connection, options.IsRemote, options.SendTimeout, options.Heartbeat));
    }

    [Theory]
    [InlineData("amqp://user:p%40ss@broker:5673/farm", "broker", 5673, "farm", "user", "p@ss", false)]
    [InlineData("amqps://broker", "broker", 5671, "/", "guest", "guest", true)]
    [InlineData("amqp://user:secret@broker/%2F", "broker", 5672, "/", "user", "secret", false)]
    public void Address_of_a_broker_is_read(string text, string host, int port, string virtualHost, string user, string password, bool isTls) =>
        Assert.Equal(new BrokerAddress(host, (ushort)port, virtualHost, user, password, isTls), BrokerAddress.TryParse(text));

    [Theory]
    [InlineData("http://user:secret@broker")]
    [InlineData("rabbit")]
    [InlineData("")]
    public void Other_text_is_refused_without_repeating_what_may_be_a_password(string connection)
    {
        var results = new List<System.ComponentModel.DataAnnotations.ValidationResult>();
        var options = new BusOptions { Connection = connection };
        Assert.False(Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true));
        Assert.Equal(
            "RenderFarm:Bus:Connection is neither memory nor the address of a broker; allowed is amqp://user:password@host:5672/vhost, or amqps:// for TLS.",
            Assert.Single(results).ErrorMessage);
    }

    [Fact]
    public void Address_for_people_has_no_password() => Assert.Equal("broker:5672 (farm)", BrokerAddress.TryParse("amqp://user:secret@broker/farm")!.ToString());

    [Fact]
    public void Options_are_bound_from_the_configuration()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["RENDERFARM:BUS:CONNECTION"] = "amqp://broker",
            ["RenderFarm:Bus:SendTimeout"] = "00:00:03",
        }).Build();
        var options = new ServiceCollection().AddLogging().AddFarmBus(configuration).BuildServiceProvider().GetRequiredService<IOptions<BusOptions>>().Value;
        Assert.Equal(("amqp://broker", true, TimeSpan.FromSeconds(3)), (options.Connection, options.IsRemote, options.SendTimeout));
    }

    [Fact]
    public void Pauses_between_tries_to_reach_the_broker_stay_short()
    {
        TimeSpan[] pauses = [];
        Bus.Factory.CreateUsingRabbitMq(transport =>
        {
            pauses = ReconnectPauses.Of(transport);
            Assert.Contains(pauses, pause => pause > TimeSpan.FromSeconds(10));
            ReconnectPauses.Shorten(transport);
        });
        Assert.All(pauses, pause => Assert.True(pause <= ReconnectPauses.Longest));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("amqp://127.0.0.1")]
    public void No_bus_tells_its_makers_how_it_is_used(string? broker)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("RenderFarm:Bus:Connection", broker)]).Build();

        var telemetry = new ServiceCollection().AddLogging().AddFarmBus(configuration).BuildServiceProvider().GetRequiredService<IOptions<UsageTelemetryOptions>>().Value;

        Assert.False(telemetry.Enabled);
    }
}
