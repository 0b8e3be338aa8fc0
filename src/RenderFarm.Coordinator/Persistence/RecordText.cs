using System.Diagnostics.CodeAnalysis;
using System.Text;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Contracts.Workers;

namespace RenderFarm.Coordinator.Persistence;

/// <summary>
/// What the record can keep of a text that somebody else wrote; pure. PostgreSQL refuses U+0000 in a text, and half a surrogate pair has no UTF-8 form: U+FFFD
/// stands in the place of each, on every record, so that what a worker says counts whatever its libraries wrote into a message. Clients are told instead.
/// </summary>
internal static class RecordText
{
    private const char Replacement = '\ufffd';

    /// <summary>The text, or one like it that can be kept. Null stays null: a column that wants a text refuses it.</summary>
    [return: NotNullIfNotNull(nameof(text))]
    public static string? Of(string? text)
    {
        var kept = text?.Replace('\0', Replacement);
        return kept is null || CanonicalJson.IsWellFormed(kept) ? kept : Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(kept));
    }

    /// <summary>A failure with texts that can be kept.</summary>
    public static AttemptFailure Of(AttemptFailure failure) => failure with { Code = Of(failure.Code), Detail = Of(failure.Detail) };

    /// <summary>An image with texts that can be kept.</summary>
    public static StoredImage Of(StoredImage image) => image with { ObjectKey = Of(image.ObjectKey), Sha256 = Of(image.Sha256), Profile = Of(image.Profile) };

    /// <summary>An announcement with names that can be kept; what else it says is kept as JSON, which can write every character.</summary>
    public static WorkerAnnounced Of(WorkerAnnounced announced) => announced with
    {
        Worker = Of(announced.Worker),
        Capabilities = announced.Capabilities with
        {
            Devices = [.. announced.Capabilities.Devices.Select(device => device with { Device = Of(device.Device), Profile = Of(device.Profile), Determinism = Of(device.Determinism) })],
            Checkpoints = [.. announced.Capabilities.Checkpoints.Select(checkpoint => checkpoint with { Name = Of(checkpoint.Name), Digest = Of(checkpoint.Digest) })],
            Upscalers = announced.Capabilities.Upscalers?.Select(upscaler => new UpscalerDescription(Of(upscaler.Name), Of(upscaler.Digest))).ToList(),
        },
    };

    /// <summary>A heartbeat under a name that can be kept.</summary>
    public static WorkerHeartbeat Of(WorkerHeartbeat heartbeat) => heartbeat with { Worker = Of(heartbeat.Worker) };

    /// <summary>A farewell under a name that can be kept.</summary>
    public static WorkerLeft Of(WorkerLeft left) => left with { Worker = Of(left.Worker) };
}
