using Microsoft.Extensions.Logging;
using RenderFarm.Contracts.Attempts;

namespace RenderFarm.Worker;

/// <summary>Every log message of the worker. Ids 200…299, never reused.</summary>
internal static partial class WorkerLog
{
    [LoggerMessage(EventId = 200, Level = LogLevel.Warning, Message = "Attempt {Attempt} failed ({Code}): {Detail}")]
    public static partial void AttemptFailed(ILogger logger, RenderFarm.Contracts.AttemptId attempt, string code, string detail, Exception error);

    [LoggerMessage(EventId = 201, Level = LogLevel.Information, Message = "Loading checkpoint {Name} from {Folder}")]
    public static partial void LoadingCheckpoint(ILogger logger, string name, string folder);

    [LoggerMessage(EventId = 204, Level = LogLevel.Error, Message = "The engine of {Device} has made no step for {Silence}; what it renders is asked to stop")]
    public static partial void EngineStuck(ILogger logger, string device, TimeSpan silence);

    [LoggerMessage(EventId = 205, Level = LogLevel.Critical, Message = "The engine of {Device} has made no step for {Silence} and does not stop; the worker takes no more, finishes what runs on other devices, and ends")]
    public static partial void EngineAbandoned(ILogger logger, string device, TimeSpan silence);

    [LoggerMessage(EventId = 208, Level = LogLevel.Error, Message = "{Device} has been {Doing} for {Time}; what waits for it is asked to stop")]
    public static partial void CallStuck(ILogger logger, string device, string doing, TimeSpan time);

    [LoggerMessage(EventId = 209, Level = LogLevel.Critical, Message = "{Device} has been {Doing} for {Time} and does not stop; the worker takes no more, finishes what still runs, and ends")]
    public static partial void CallAbandoned(ILogger logger, string device, string doing, TimeSpan time);

    [LoggerMessage(EventId = 206, Level = LogLevel.Critical, Message = "The worker ends and has to be started again: {Reason}")]
    public static partial void Retired(ILogger logger, string reason);

    [LoggerMessage(EventId = 207, Level = LogLevel.Warning, Message = "The object store is away; attempt {Attempt} tries again in {Pause}: {Reason}")]
    public static partial void StoreAway(ILogger logger, RenderFarm.Contracts.AttemptId attempt, TimeSpan pause, string reason);

    [LoggerMessage(EventId = 208, Level = LogLevel.Information, Message = "Attempt {Attempt} was delivered again while it is held; its one run answers both")]
    public static partial void DeliveredTwice(ILogger logger, RenderFarm.Contracts.AttemptId attempt);

    [LoggerMessage(EventId = 209, Level = LogLevel.Information, Message = "Attempt {Attempt} was delivered again after its success; run {Run} is reported once more and nothing is rendered")]
    public static partial void SaidAgain(ILogger logger, RenderFarm.Contracts.AttemptId attempt, RenderFarm.Contracts.RunId run);

    [LoggerMessage(EventId = 210, Level = LogLevel.Information, Message = "Fetching or comparing checkpoint {Name} ({Digest}), {Bytes} bytes")]
    public static partial void FetchingCheckpoint(ILogger logger, string name, string digest, long bytes);

    [LoggerMessage(EventId = 211, Level = LogLevel.Information, Message = "Checkpoint {Name} ({Digest}) leaves the cache to make room")]
    public static partial void EvictingCheckpoint(ILogger logger, string name, string digest);

    [LoggerMessage(EventId = 212, Level = LogLevel.Warning, Message = "{File} in the checkpoint cache cannot be read and is left aside: {Reason}")]
    public static partial void CacheEntryUnreadable(ILogger logger, string file, string reason);

    [LoggerMessage(EventId = 214, Level = LogLevel.Warning, Message = "{Folder} in the checkpoint cache belongs to no checkpoint in it and could not be removed: {Reason}")]
    public static partial void CacheLeftoverStays(ILogger logger, string folder, string reason);

    [LoggerMessage(EventId = 213, Level = LogLevel.Warning, Message = "Checkpoint {Digest} could not be prepared: {Reason}")]
    public static partial void PrepareFailed(ILogger logger, string digest, string reason);

    [LoggerMessage(EventId = 203, Level = LogLevel.Warning, Message = "Leaving with {Count} attempts not handed back in time; their leases will expire")]
    public static partial void LeftHolding(ILogger logger, int count, Exception error);
}
