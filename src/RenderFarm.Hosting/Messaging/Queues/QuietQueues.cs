namespace RenderFarm.Hosting.Messaging.Queues;

/// <summary>What a broker and this process say about one queue at one moment.</summary>
/// <param name="Queue">Its name.</param>
/// <param name="IsThere">Whether the broker has it.</param>
/// <param name="Readers">Consumers that the broker knows of it.</param>
/// <param name="Waiting">Messages that the broker holds for the next who asks.</param>
/// <param name="Taken">Messages that this process has taken from it since its start.</param>
/// <param name="InHand">Those of them that it is still handling.</param>
internal readonly record struct QueueLook(string Queue, bool IsThere, uint Readers, uint Waiting, long Taken, long InHand);

/// <summary>
/// Judges from look to look which queues are no longer read although the connection stands; pure. A queue is quiet when two looks in a row show it gone, without
/// a reader, or with messages waiting of which nothing was taken in between while nothing was in hand.
/// </summary>
internal sealed class QuietQueues
{
    private readonly Dictionary<string, (long Taken, bool IsSuspect)> _last = new(StringComparer.Ordinal);

    /// <summary>Takes a round of looks and gives the quiet ones' names.</summary>
    public IReadOnlyList<string> Judge(IEnumerable<QueueLook> looks)
    {
        List<string> quiet = [];
        foreach (var look in looks)
        {
            var known = _last.TryGetValue(look.Queue, out var before);
            var isSuspect = !look.IsThere || look.Readers == 0 || (look.Waiting > 0 && look.InHand == 0 && (!known || look.Taken == before.Taken));
            if (isSuspect && known && before.IsSuspect) quiet.Add(look.Queue);
            _last[look.Queue] = (look.Taken, isSuspect);
        }

        return quiet;
    }

    /// <summary>Begins anew, after the readers were started again.</summary>
    public void Forget() => _last.Clear();
}
