using MassTransit;
using Microsoft.Extensions.Logging;
using RenderFarm.Contracts.Workers;
using RenderFarm.Worker.Devices;

namespace RenderFarm.Worker;

/// <summary>Bus edge: has a checkpoint fetched and loaded. The message is done at once; what comes of it, the next announcement says.</summary>
internal sealed class PrepareCheckpointConsumer(RenderDevices devices, HeartbeatLoop heartbeat, ILogger<PrepareCheckpointConsumer> logger) : IConsumer<PrepareCheckpoint>
{
    public Task Consume(ConsumeContext<PrepareCheckpoint> context)
    {
        _ = PrepareAsync(context.Message);
        return Task.CompletedTask;
    }

    private async Task PrepareAsync(PrepareCheckpoint command)
    {
        try
        {
            using var prepared = await devices[command.Device].Pipelines.UseAsync(command.Digest, CancellationToken.None);
        }
        catch (Exception error)
        {
            // The coordinator sees no announcement and asks again, here or elsewhere.
            WorkerLog.PrepareFailed(logger, command.Digest, error.Message);
        }

        heartbeat.Wake();
    }
}
