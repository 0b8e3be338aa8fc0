using System.Net.Security;
using System.Security.Authentication;
using System.Text.Json.Serialization;
using MassTransit;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Hosting.Messaging.Broker;

/// <summary>
/// The bus on a RabbitMQ broker. Bodies are the contracts' own JSON without an envelope, so that any client can read and write them; the type stands in a
/// header. Every message is confirmed by the broker, and one that no queue takes comes back as an error.
/// </summary>
internal static class RabbitMqTransport
{
    public static void Configure(IRabbitMqBusFactoryConfigurator transport, BrokerAddress broker, BusOptions options, Action declare)
    {
        transport.Host(broker.Host, broker.Port, broker.VirtualHost, host =>
        {
            host.Username(broker.User);
            host.Password(broker.Password);
            host.Heartbeat(options.Heartbeat);
            host.RequestedConnectionTimeout(TimeSpan.FromSeconds(5));
            host.ContinuationTimeout(options.SendTimeout);
            host.PublisherConfirmation = true;
            host.OnRefreshConnectionFactory = factory =>
            {
                BrokerLine.Use(factory);
                return Task.CompletedTask;
            };
            host.ConnectionName($"renderfarm {Environment.MachineName} {Environment.ProcessId}");
            if (broker.IsTls)
            {
                host.UseSsl(tls =>
                {
                    tls.ServerName = broker.Host;
                    // The newest that both sides know.
                    tls.Protocol = SslProtocols.None;
                    // A broker that cannot prove who it is gets neither password nor prompts.
                    tls.EnforcePolicyErrors(SslPolicyErrors.RemoteCertificateNameMismatch | SslPolicyErrors.RemoteCertificateChainErrors | SslPolicyErrors.RemoteCertificateNotAvailable);
                });
            }
        });
        transport.UseRawJsonSerializer(RawSerializerOptions.AddTransportHeaders);
        transport.ConfigureJsonSerializerOptions(json =>
        {
            var farm = FarmJson.Create(json);
            farm.WriteIndented = false;
            // Workers and coordinators of neighbouring versions speak to each other: a field that one does not know yet is no error.
            farm.UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip;
            return farm;
        });
        ReconnectPauses.Shorten(transport);
        declare();
    }
}
