using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Inputs;
using RenderFarm.Coordinator.Leadership;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Hosting.Background;
using RenderFarm.Hosting.ObjectStore;

namespace RenderFarm.Coordinator.Retention;

/// <summary>
/// Deletes pictures that were sent in and that no job names any more, once nobody has sent or named them for a time. A picture is marked, its object deleted,
/// then its row: a crash anywhere between leaves it marked, and the next pass goes on. One whose object the store does not delete stays marked, and is passed over until
/// the others have been tried. Objects without a row get one, and so their time. Runs on the leader alone.
/// </summary>
internal sealed class InputSweeper(
    FarmRecord record,
    IObjectStore store,
    ILeadership leadership,
    IOptions<CoordinatorOptions> options,
    TimeProvider clock,
    ILogger<InputSweeper> logger) : FarmLoop(options.Value.SweepInterval, clock, logger)
{
    private const int BatchSize = 500;
    private readonly TimeProvider _clock = clock;

    // Those that stayed since all had their turn. Outlives a pass: as many of them as a pass tries, in front of the others, would keep those from ever having one.
    private readonly List<string> _passedOver = [];
    private bool _isFirst = true;

    protected override async Task<bool> PassAsync(CancellationToken stopping)
    {
        // Coordinators come and go: the first pass of each would list all pictures at every restart.
        if (_isFirst)
        {
            _isFirst = false;
            return false;
        }

        if (leadership.Epoch is not { } epoch) return false;
        var removed = 0;
        var removal = new ObjectRemoval(store, logger);
        while (!removal.IsInVain && await MarkAsync(epoch, stopping) is { Count: > 0 } leaving)
        {
            if (await RemoveAsync(epoch, leaving, removal, stopping) is not { } gone) return false;
            removed += await record.LeadAsync(
                epoch, db => db.Inputs.Where(input => input.IsLeaving && gone.Contains(input.Digest)).ExecuteDeleteAsync(stopping), stopping);
        }

        if (!removal.IsInVain) _passedOver.Clear();
        CoordinatorLog.InputsSwept(logger, removed);
        await AdoptAsync(epoch, stopping);
        return false;
    }

    // Those that are gone; null when the epoch is over.
    private async Task<List<string>?> RemoveAsync(long epoch, List<string> leaving, ObjectRemoval removal, CancellationToken stopping)
    {
        var gone = new List<string>();
        foreach (var digest in leaving)
        {
            // No fence holds in the store: whoever leads since may have ended what is marked, and the picture may have been sent in again.
            if (leadership.Epoch != epoch) return null;
            if (removal.IsInVain) break;
            if (await removal.TryRemoveAsync(ObjectKey.ForInput(digest), stopping)) gone.Add(digest);
            else _passedOver.Add(digest);
        }

        return gone;
    }

    // Those marked by a pass that was cut short come along.
    private Task<List<string>> MarkAsync(long epoch, CancellationToken stopping)
    {
        var before = _clock.Now() - options.Value.InputGrace;
        return record.LeadAsync(
            epoch,
            async db =>
            {
                var due = await db.Inputs
                    .Where(input => input.IsLeaving || (input.UsedAt <= before && !db.JobInputs.Any(use => use.Digest == input.Digest)))
                    .Where(input => !EF.Parameter(_passedOver).Contains(input.Digest))
                    .OrderBy(input => input.UsedAt).Take(BatchSize).ToListAsync(stopping);
                foreach (var input in due) input.IsLeaving = true;
                return due.ConvertAll(input => input.Digest);
            },
            stopping);
    }

    private async Task AdoptAsync(long epoch, CancellationToken stopping)
    {
        var batch = new List<string>();
        await foreach (var key in store.ListAsync(ObjectKey.Inputs, stopping))
        {
            if (DigestOf(key) is { } digest) batch.Add(digest);
            if (batch.Count < BatchSize) continue;
            await AdoptAsync(epoch, batch, stopping);
            batch.Clear();
        }

        await AdoptAsync(epoch, batch, stopping);
    }

    private async Task AdoptAsync(long epoch, List<string> digests, CancellationToken stopping)
    {
        var known = await record.ReadAsync(db => db.Inputs.Where(input => digests.Contains(input.Digest)).Select(input => input.Digest).ToListAsync(stopping), stopping);
        var strays = digests.Except(known).ToList();
        if (strays.Count == 0) return;
        await record.LeadAsync(
            epoch,
            async db =>
            {
                var since = await db.Inputs.Where(input => strays.Contains(input.Digest)).Select(input => input.Digest).ToListAsync(stopping);
                db.Inputs.AddRange(strays.Except(since).Select(digest => new StoredInput { Digest = digest, UsedAt = _clock.Now() }));
                return 0;
            },
            stopping);
    }

    // inputs/digits.png; anything else there is not ours.
    private static string? DigestOf(ObjectKey key)
    {
        var digest = InputDigest.Prefix + Path.GetFileNameWithoutExtension(key.Value);
        return InputDigest.IsWellFormed(digest) && ObjectKey.ForInput(digest) == key ? digest : null;
    }
}
