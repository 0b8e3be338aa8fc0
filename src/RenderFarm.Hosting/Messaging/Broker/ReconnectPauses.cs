using System.Runtime.CompilerServices;
using MassTransit;
using MassTransit.RabbitMqTransport.Configuration;
using MassTransit.RetryPolicies;

namespace RenderFarm.Hosting.Messaging.Broker;

/// <summary>
/// Keeps the pauses between two tries to reach the broker short. MassTransit lets them grow to half a minute and has no setting for it: as long as that a
/// farm would stand still while its broker is back. A test fails when a later version keeps its pauses elsewhere.
/// </summary>
internal static class ReconnectPauses
{
    /// <summary>Longest pause.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    /// <summary>Shortens the pauses of a bus that is being configured.</summary>
    /// <exception cref="MissingFieldException">This version of MassTransit keeps them elsewhere.</exception>
    public static void Shorten(IRabbitMqBusFactoryConfigurator transport)
    {
        var pauses = Of(transport);
        for (var i = 0; i < pauses.Length; i++) pauses[i] = pauses[i] < Longest ? pauses[i] : Longest;
    }

    /// <summary>The pauses after the first, second … failed try.</summary>
    internal static TimeSpan[] Of(IRabbitMqBusFactoryConfigurator transport) =>
        PausesOf((ExponentialRetryPolicy)HostOf((RabbitMqBusFactoryConfigurator)transport).ReceiveTransportRetryPolicy);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_hostConfiguration")]
    private static extern ref IRabbitMqHostConfiguration HostOf(RabbitMqBusFactoryConfigurator transport);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_intervals")]
    private static extern ref TimeSpan[] PausesOf(ExponentialRetryPolicy policy);
}
