using MassTransit;

namespace RenderFarm.Hosting.Messaging;

/// <summary>
/// What one role (coordinator or worker) brings to the bus of its process. A process has one bus, whichever roles it plays.
/// </summary>
/// <param name="Register">Adds the role's consumers.</param>
/// <param name="Endpoints">Declares the role's queues and binds the consumers to them.</param>
public sealed record BusPart(
    Action<IBusRegistrationConfigurator> Register,
    Action<IBusRegistrationContext, IReceiveConfigurator> Endpoints);
