using Microsoft.Extensions.Logging;
using RenderFarm.Contracts;
using RenderFarm.Hosting.ObjectStore;

namespace RenderFarm.Coordinator;

/// <summary>Every log message of the coordinator. Ids are fixed: operators filter by them.</summary>
internal static partial class CoordinatorLog
{
    [LoggerMessage(EventId = 100, Level = LogLevel.Information, Message = "Job {Job} accepted: {Count} tasks of tenant {Tenant}")]
    public static partial void JobAccepted(ILogger logger, JobId job, int count, string tenant);

    [LoggerMessage(EventId = 101, Level = LogLevel.Information, Message = "Job {Job} canceled")]
    public static partial void JobCanceled(ILogger logger, JobId job);

    [LoggerMessage(EventId = 102, Level = LogLevel.Information, Message = "Job {Job}: {Count} failed tasks are tried again")]
    public static partial void JobRetried(ILogger logger, JobId job, int count);

    [LoggerMessage(EventId = 103, Level = LogLevel.Warning, Message = "Worker {Worker} could not be told to stop attempt {Attempt}; its next heartbeat brings it up again")]
    public static partial void CancelFailed(ILogger logger, AttemptId attempt, string worker, Exception error);

    [LoggerMessage(EventId = 104, Level = LogLevel.Information, Message = "Job {Job}: paused is now {Paused}")]
    public static partial void JobPaused(ILogger logger, JobId job, bool paused);

    [LoggerMessage(EventId = 200, Level = LogLevel.Warning, Message = "Attempt {Attempt} could not be sent to worker {Worker}; it is sent again when heartbeats miss it")]
    public static partial void PublishFailed(ILogger logger, AttemptId attempt, string worker, Exception error);

    [LoggerMessage(EventId = 201, Level = LogLevel.Warning, Message = "Attempt {Attempt} was missing from two heartbeats of worker {Worker} and is sent again")]
    public static partial void SentAgain(ILogger logger, AttemptId attempt, string worker);

    [LoggerMessage(EventId = 202, Level = LogLevel.Warning, Message = "Worker {Worker} no longer lists attempt {Attempt}, and its lease has expired")]
    public static partial void LeaseExpired(ILogger logger, AttemptId attempt, string worker);

    [LoggerMessage(EventId = 203, Level = LogLevel.Warning, Message = "Workers could not be heard for a while, and can again: {Leases} leases start anew in full")]
    public static partial void LeasesRenewed(ILogger logger, int leases);

    [LoggerMessage(EventId = 204, Level = LogLevel.Debug, Message = "Lease probe {Number} could not be sent; until one returns, no lease ages")]
    public static partial void ProbeFailed(ILogger logger, long number, Exception error);

    [LoggerMessage(EventId = 300, Level = LogLevel.Information, Message = "{Report} of attempt {Attempt} run {Run} by worker {Worker} is refused: {Reason}")]
    public static partial void ReportRefused(ILogger logger, string report, AttemptId attempt, RunId run, string worker, string reason);

    [LoggerMessage(EventId = 301, Level = LogLevel.Error, Message = "A batch of {Count} reports could not be written; they are held and handed in again")]
    public static partial void ReportBatchFailed(ILogger logger, int count, Exception error);

    [LoggerMessage(EventId = 302, Level = LogLevel.Warning, Message = "Success of attempt {Attempt} run {Run} by worker {Worker} is refused: the object store holds {Stored} and not {Bytes} bytes with the checksum {Sha256}")]
    public static partial void ImageUnconfirmed(ILogger logger, AttemptId attempt, RunId run, string worker, ObjectHead? stored, long bytes, string sha256);

    [LoggerMessage(EventId = 400, Level = LogLevel.Information, Message = "Worker {Worker} announced itself as incarnation {Incarnation}")]
    public static partial void WorkerAnnounced(ILogger logger, string worker, Guid incarnation);

    [LoggerMessage(EventId = 401, Level = LogLevel.Information, Message = "Worker {Worker} left")]
    public static partial void WorkerLeft(ILogger logger, string worker);

    [LoggerMessage(EventId = 402, Level = LogLevel.Warning, Message = "Worker {Worker} has been silent for {Lease} and counts as lost")]
    public static partial void WorkerLost(ILogger logger, string worker, TimeSpan lease);

    [LoggerMessage(EventId = 403, Level = LogLevel.Information, Message = "{Count} tasks held by the former incarnation of worker {Worker} went back to the backlog, uncharged")]
    public static partial void TakenBack(ILogger logger, int count, string worker);

    [LoggerMessage(EventId = 404, Level = LogLevel.Warning, Message = "A message of worker {Worker} comes from incarnation {Incarnation}, which is not the present one or has left; it is ignored")]
    public static partial void UnknownHeartbeat(ILogger logger, string worker, Guid incarnation);

    [LoggerMessage(EventId = 304, Level = LogLevel.Warning, Message = "Signals between coordinators are interrupted; event streams look at the record by themselves meanwhile")]
    public static partial void SignalsInterrupted(ILogger logger, Exception error);

    [LoggerMessage(EventId = 305, Level = LogLevel.Debug, Message = "A message waits because the record or the object store is away")]
    public static partial void MessageWaits(ILogger logger, Exception error);

    [LoggerMessage(EventId = 306, Level = LogLevel.Warning, Message = "{Message} goes to the end of queue {Queue}: the record or the object store has been away for {Held}")]
    public static partial void MessageHeld(ILogger logger, string message, string queue, TimeSpan held);

    [LoggerMessage(EventId = 307, Level = LogLevel.Warning, Message = "A batch of {Count} reports could not be written; each of them is tried alone")]
    public static partial void ReportBatchSplit(ILogger logger, int count, Exception error);

    [LoggerMessage(EventId = 308, Level = LogLevel.Warning, Message = "The record has not answered for {Time}: until it does, this coordinator leaves reports and heartbeats to others")]
    public static partial void QueuesLeft(ILogger logger, TimeSpan time);

    [LoggerMessage(EventId = 309, Level = LogLevel.Information, Message = "The record answers: this coordinator reads reports and heartbeats again")]
    public static partial void QueuesRead(ILogger logger);

    [LoggerMessage(EventId = 310, Level = LogLevel.Debug, Message = "The record does not answer")]
    public static partial void RecordSilent(ILogger logger, Exception error);

    [LoggerMessage(EventId = 413, Level = LogLevel.Warning, Message = "{Count} heartbeats could not be written together; each of them is tried alone")]
    public static partial void HeartbeatsSplit(ILogger logger, int count, Exception error);

    [LoggerMessage(EventId = 405, Level = LogLevel.Warning, Message = "Worker {Worker} is in quarantine until {Until}: {Reason}")]
    public static partial void WorkerQuarantined(ILogger logger, string worker, DateTimeOffset until, string reason);

    [LoggerMessage(EventId = 406, Level = LogLevel.Information, Message = "Worker {Worker} was {Change} by request")]
    public static partial void WorkerChanged(ILogger logger, string worker, string change);

    [LoggerMessage(EventId = 407, Level = LogLevel.Information, Message = "The farm was {Change} by request")]
    public static partial void FarmChanged(ILogger logger, string change);

    [LoggerMessage(EventId = 408, Level = LogLevel.Information, Message = "Checkpoint {Name} was published as {Digest}")]
    public static partial void CheckpointPublished(ILogger logger, string name, string digest);

    [LoggerMessage(EventId = 409, Level = LogLevel.Information, Message = "Checkpoint {Name} ({Digest}) was removed by request")]
    public static partial void CheckpointRemoved(ILogger logger, string name, string digest);

    [LoggerMessage(EventId = 410, Level = LogLevel.Warning, Message = "The checkpoints of the object store could not be listed; what was known of them stays: {Reason}")]
    public static partial void CheckpointsUnread(ILogger logger, string reason);

    [LoggerMessage(EventId = 411, Level = LogLevel.Information, Message = "Worker {Worker} is to load checkpoint {Digest} on {Device}")]
    public static partial void PreparingCheckpoint(ILogger logger, string worker, string device, string digest);

    [LoggerMessage(EventId = 412, Level = LogLevel.Warning, Message = "Worker {Worker} could not be told to load checkpoint {Digest}; it is tried again")]
    public static partial void PrepareFailed(ILogger logger, string worker, string digest, Exception error);

    [LoggerMessage(EventId = 600, Level = LogLevel.Information, Message = "This coordinator leads, epoch {Epoch}")]
    public static partial void LeadershipGained(ILogger logger, long epoch);

    [LoggerMessage(EventId = 601, Level = LogLevel.Warning, Message = "The leadership of epoch {Epoch} is over: it was not renewed in time, or was offered and another coordinator has taken it")]
    public static partial void LeadershipLost(ILogger logger, long epoch);

    [LoggerMessage(EventId = 602, Level = LogLevel.Warning, Message = "The leadership of epoch {Epoch} could not be handed on; it expires by itself")]
    public static partial void LeadershipNotReleased(ILogger logger, long epoch, Exception error);

    [LoggerMessage(EventId = 603, Level = LogLevel.Warning, Message = "The bus has been away from this leader for seconds: epoch {Epoch} is for any other coordinator whose bus is up")]
    public static partial void LeadershipOffered(ILogger logger, long epoch);

    [LoggerMessage(EventId = 604, Level = LogLevel.Information, Message = "The bus is back, and nobody has taken epoch {Epoch} meanwhile: this coordinator leads on")]
    public static partial void LeadershipKept(ILogger logger, long epoch);

    [LoggerMessage(EventId = 700, Level = LogLevel.Information, Message = "Job {Job} is past its retention: its {Count} objects were deleted")]
    public static partial void JobImagesDeleted(ILogger logger, JobId job, int count);

    [LoggerMessage(EventId = 701, Level = LogLevel.Information, Message = "The day of job id {First} has no jobs left; its tasks were dropped")]
    public static partial void DayDropped(ILogger logger, JobId first);

    [LoggerMessage(EventId = 702, Level = LogLevel.Information, Message = "{Count} images that no record names were deleted")]
    public static partial void Swept(ILogger logger, int count);

    [LoggerMessage(EventId = 703, Level = LogLevel.Information, Message = "{Count} pictures that had been sent in and that no job names were deleted")]
    public static partial void InputsSwept(ILogger logger, int count);

    [LoggerMessage(EventId = 704, Level = LogLevel.Information, Message = "{Count} workers that have been gone for {Retention} were forgotten")]
    public static partial void WorkersForgotten(ILogger logger, int count, TimeSpan retention);

    [LoggerMessage(EventId = 705, Level = LogLevel.Warning, Message = "{Object} could not be deleted and is left to a later pass: {Reason}")]
    public static partial void ObjectNotDeleted(ILogger logger, string @object, string reason);

    [LoggerMessage(EventId = 706, Level = LogLevel.Warning, Message = "The object store deletes nothing at the moment: what else there is to delete is left to the next pass")]
    public static partial void DeletingInVain(ILogger logger);

    [LoggerMessage(EventId = 502, Level = LogLevel.Warning, Message = "This coordinator waits for its record. {Reason}")]
    public static partial void RecordAwaited(ILogger logger, string reason);

    [LoggerMessage(EventId = 500, Level = LogLevel.Error, Message = "{Method} {Path} failed")]
    public static partial void RequestFailed(ILogger logger, string method, string path, Exception error);

    [LoggerMessage(EventId = 501, Level = LogLevel.Warning, Message = "A request was refused because the record cannot be reached")]
    public static partial void RecordUnavailable(ILogger logger, Exception error);
}
