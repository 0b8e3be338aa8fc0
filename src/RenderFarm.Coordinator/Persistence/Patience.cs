using Microsoft.Extensions.Logging;
using RenderFarm.Hosting.Messaging;
using RenderFarm.Hosting.ObjectStore;

namespace RenderFarm.Coordinator.Persistence;

/// <summary>
/// Holds messages of the bus while the record, or the store that is to confirm an image, is away. That is no fault of theirs: however long it lasts, none of
/// them is set aside for it, where nobody would ever take it up again.
/// </summary>
/// <param name="database">Knows which errors are absences.</param>
/// <param name="absence">Told of them, and says when this coordinator leaves messages to others.</param>
/// <param name="sender">Puts a message to the end of its queue.</param>
/// <param name="clock">Measures how long one was held.</param>
/// <param name="logger">Told when one goes to the end of its queue.</param>
internal sealed class Patience(IDatabase database, RecordAbsence absence, FarmSender sender, TimeProvider clock, ILogger<Patience> logger)
{
    /// <summary>Longest time that one message is held: 10 min.</summary>
    /// <remarks>A broker takes back what is not acknowledged for half an hour, and one of version 4 drops what it has taken back twenty times.</remarks>
    public static readonly TimeSpan MostHeld = TimeSpan.FromMinutes(10);

    /// <summary>Longest wait between two tries: 5 s.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PassingPause = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Handles a message, again and again while something is away. One that was held for long goes to the end of its queue, as a new message; so does every one once
    /// it is certain that the record is away from this coordinator, for others to read.
    /// </summary>
    /// <param name="queue">The queue that it came from.</param>
    /// <param name="message">The message.</param>
    /// <param name="handle">What to do with it. Errors other than absences are the caller's.</param>
    /// <param name="cancellation">The broker, or the end of the process, takes it away.</param>
    public async Task HoldAsync(string queue, object message, Func<Task> handle, CancellationToken cancellation)
    {
        var begun = clock.GetTimestamp();
        for (var pause = FirstPause; !await TryAsync(handle, cancellation); pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            var held = clock.GetElapsedTime(begun);
            // Not at the first try: until this coordinator has stopped reading, the message may come straight back.
            var isForOthers = absence.IsCertain && held >= FirstPause;
            if ((held >= MostHeld || isForOthers) && await PutBackAsync(queue, message, held, cancellation)) return;
            await Task.Delay(pause, clock, cancellation);
        }
    }

    private async Task<bool> PutBackAsync(string queue, object message, TimeSpan held, CancellationToken cancellation)
    {
        try
        {
            await sender.SendAsync(queue, message, isLasting: true, cancellation);
            CoordinatorLog.MessageHeld(logger, message.GetType().Name, queue, held);
            return true;
        }
        catch (BusException error)
        {
            // It is held on to, and tried again.
            CoordinatorLog.MessageWaits(logger, error);
            return false;
        }
    }

    /// <summary>Handles a message that is said again soon. When something is away it is let go, after a moment in which the absent one has peace.</summary>
    public async Task PassOverAsync(Func<Task> handle, CancellationToken cancellation)
    {
        if (!await TryAsync(handle, cancellation)) await Task.Delay(PassingPause, clock, cancellation);
    }

    private async Task<bool> TryAsync(Func<Task> handle, CancellationToken cancellation)
    {
        try
        {
            await handle();
            absence.Answered();
            return true;
        }
        catch (Exception error) when (!cancellation.IsCancellationRequested && (error is ObjectStoreException || database.IsUnavailable(error)))
        {
            if (error is not ObjectStoreException) absence.Failed();
            CoordinatorLog.MessageWaits(logger, error);
            return false;
        }
    }
}
