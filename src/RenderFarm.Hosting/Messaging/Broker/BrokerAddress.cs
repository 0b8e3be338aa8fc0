using RabbitMQ.Client;

namespace RenderFarm.Hosting.Messaging.Broker;

/// <summary>A RabbitMQ broker and who comes to it, read from an AMQP address.</summary>
/// <param name="Host">Name or number of the machine.</param>
/// <param name="Port">5672 unless given, 5671 with TLS.</param>
/// <param name="VirtualHost">The broker's division, <c>/</c> unless given.</param>
/// <param name="User">Who comes, <c>guest</c> unless given.</param>
/// <param name="Password">What that one shows.</param>
/// <param name="IsTls">Whether the connection is encrypted.</param>
internal sealed record BrokerAddress(string Host, ushort Port, string VirtualHost, string User, string Password, bool IsTls)
{
    /// <summary>For people: no password.</summary>
    public override string ToString() => $"{Host}:{Port}{(VirtualHost == "/" ? "" : $" ({VirtualHost})")}";

    /// <summary>Makes connections beside those of the bus. They end when their line does: whoever has one makes the next.</summary>
    /// <param name="name">What the broker shows of them.</param>
    public ConnectionFactory Factory(string name)
    {
        var factory = new ConnectionFactory
        {
            HostName = Host,
            Port = Port,
            VirtualHost = VirtualHost,
            UserName = User,
            Password = Password,
            AutomaticRecoveryEnabled = false,
            RequestedConnectionTimeout = TimeSpan.FromSeconds(3),
            ContinuationTimeout = TimeSpan.FromSeconds(3),
            RequestedHeartbeat = TimeSpan.FromSeconds(10),
            ClientProvidedName = name,
            Ssl = new SslOption(Host, enabled: IsTls),
        };
        BrokerLine.Use(factory);
        return factory;
    }

    /// <summary>Null for what is not an AMQP address.</summary>
    public static BrokerAddress? TryParse(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("amqp" or "amqps") || uri.Host.Length == 0) return null;
        var isTls = uri.Scheme == "amqps";
        var user = uri.UserInfo.Split(':', 2);
        var path = Uri.UnescapeDataString(uri.AbsolutePath.TrimStart('/'));
        return new BrokerAddress(
            uri.Host,
            uri.Port > 0 ? (ushort)uri.Port : isTls ? (ushort)5671 : (ushort)5672,
            path.Length > 0 ? path : "/",
            user[0].Length > 0 ? Uri.UnescapeDataString(user[0]) : "guest",
            user.Length > 1 ? Uri.UnescapeDataString(user[1]) : "guest",
            isTls);
    }
}
