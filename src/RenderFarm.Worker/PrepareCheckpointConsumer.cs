using MassTransit;
using Microsoft.Extensions.Logging;
using RenderFarm.Contracts.Workers;

namespace RenderFarm.Worker;

/// <summary>Bus edge: has a checkpoint fetched and loaded. The message is done at once; what comes of it, the next announcement says.</summary>
internal sealed class PrepareCheckpointConsumer(PipelineCache pipelines, HeartbeatLoop heartbeat, ILogger<PrepareCheckpointConsumer> logger) : IConsumer<PrepareCheckpoint>
{
    public Task Consume(ConsumeContext<PrepareCheckpoint> context)
    {
        _ = PrepareAsync(context.Message.Digest);
        return Task.CompletedTask;
    }

    private async Task PrepareAsync(string digest)
    {
        try
        {
            using var prepared = await pipelines.UseAsync(digest, CancellationToken.None);
        }
        catch (Exception error)
        {
            // The coordinator sees no announcement and asks again, here or elsewhere.
            WorkerLog.PrepareFailed(logger, digest, error.Message);
        }

        heartbeat.Wake();
    }
}
