using Microsoft.EntityFrameworkCore;
using RenderFarm.Coordinator.Persistence;

namespace RenderFarm.Coordinator.Inputs;

/// <summary>What the record says of a picture that somebody is about to use.</summary>
internal enum InputStanding
{
    /// <summary>It has no row: it was never sent in, or by a version that kept no rows.</summary>
    Unknown,

    /// <summary>It stays for the grace at least.</summary>
    Kept,

    /// <summary>Its object is being deleted.</summary>
    Leaving,
}

/// <summary>
/// Which pictures are in use. Using and deleting one take turns in the record: who asks first either finds the picture leaving, or has moved its time so that
/// it is not deleted before the grace is over, by when the job that names it is in the record.
/// </summary>
internal sealed class InputRecord(FarmRecord record, TimeProvider clock)
{
    /// <summary>Notes a use of a picture that has a row.</summary>
    public Task<InputStanding> UseAsync(string digest, CancellationToken cancellation) => UseAsync(digest, false, cancellation);

    /// <summary>Notes a use; a picture without a row gets one.</summary>
    public Task<InputStanding> KeepAsync(string digest, CancellationToken cancellation) => UseAsync(digest, true, cancellation);

    private Task<InputStanding> UseAsync(string digest, bool add, CancellationToken cancellation) => record.WriteAsync(
        async db =>
        {
            var row = await db.Inputs.SingleOrDefaultAsync(input => input.Digest == digest, cancellation);
            if (row is null && !add) return InputStanding.Unknown;
            if (row is null) db.Inputs.Add(row = new StoredInput { Digest = digest, UsedAt = clock.Now() });
            if (row.IsLeaving) return InputStanding.Leaving;
            row.UsedAt = clock.Now();
            return InputStanding.Kept;
        },
        cancellation);
}
