using System.ComponentModel.DataAnnotations;
using RenderFarm.Hosting.Messaging.Broker;

namespace RenderFarm.Hosting.Messaging;

/// <summary>How the parts of a farm speak to each other. Bound from the section <c>RenderFarm:Bus</c>.</summary>
public sealed class BusOptions : IValidatableObject
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "RenderFarm:Bus";

    /// <summary>The connection that stays within this process.</summary>
    public const string Memory = "memory";

    /// <summary>
    /// <c>memory</c> (default): all parts are in this process. Else the address of a RabbitMQ broker, <c>amqp://user:password@host:5672/vhost</c>, or
    /// <c>amqps://…</c> for TLS.
    /// </summary>
    public string Connection { get; set; } = Memory;

    /// <summary>Longest time until the broker has confirmed a message, 1 s…1 min; default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00", ErrorMessage = "RenderFarm:Bus:SendTimeout is 1 second to 1 minute.")]
    public TimeSpan SendTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Silence of the broker after which the connection counts as broken, 1 s…5 min; default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00", ErrorMessage = "RenderFarm:Bus:Heartbeat is 1 second to 5 minutes.")]
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether messages leave this process.</summary>
    public bool IsRemote => Connection != Memory;

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (IsRemote && BrokerAddress.TryParse(Connection) is null)
            yield return new ValidationResult(
                // The value may hold a password, so it is not repeated.
                "RenderFarm:Bus:Connection is neither memory nor the address of a broker; allowed is amqp://user:password@host:5672/vhost, or amqps:// for TLS.");
    }
}
