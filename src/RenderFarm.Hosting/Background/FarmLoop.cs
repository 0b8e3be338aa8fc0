using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace RenderFarm.Hosting.Background;

/// <summary>
/// The one shape of every background loop: a pass, then a wait for the interval or a wake-up, whichever comes first.
/// A pass that throws is logged and followed by the next; it never ends the loop.
/// </summary>
public abstract partial class FarmLoop : BackgroundService
{
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly TimeSpan _interval;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private TaskCompletionSource _pass = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ITimer _soon;
    private long _begun;
    private long _passes;
    private int _isSoon;

    /// <summary>Sets the rhythm.</summary>
    /// <param name="interval">Longest time between two passes.</param>
    /// <param name="clock">Measures the interval.</param>
    /// <param name="logger">Gets the failures of passes.</param>
    protected FarmLoop(TimeSpan interval, TimeProvider clock, ILogger logger)
    {
        _interval = interval;
        _clock = clock;
        _logger = logger;
        _soon = TimeProvider.System.CreateTimer(_ => WakeAtLast(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Passes completed, failed ones included.</summary>
    public long Passes => Interlocked.Read(ref _passes);

    /// <summary>Asks for a pass soon. Never blocks; wake-ups that come together make one pass.</summary>
    public virtual void Wake()
    {
        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // A wake-up is already waiting, and its pass will see everything that this one was for.
        }
    }

    /// <summary>
    /// Asks for a pass that begins when <paramref name="apart"/> is over since the last one began: at once after a quiet time, and once for many calls
    /// under load. <see cref="Wake"/> does not wait for it.
    /// </summary>
    /// <remarks>Measured by the machine's own clock, for it saves the machine's own time: a loop under a test's clock behaves the same.</remarks>
    protected void WakeSoon(TimeSpan apart)
    {
        var left = apart - TimeProvider.System.GetElapsedTime(Interlocked.Read(ref _begun));
        if (left <= TimeSpan.Zero) Wake();
        else if (Interlocked.Exchange(ref _isSoon, 1) == 0) _soon.Change(left, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Completes when the next pass that has not yet ended ends: what tests wait for instead of sleeping.</summary>
    public Task NextPass() => Volatile.Read(ref _pass).Task;

    /// <summary>One round of work. Returning true asks for the next pass at once, because more work is known to wait.</summary>
    protected abstract Task<bool> PassAsync(CancellationToken stopping);

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            var again = false;
            Interlocked.Exchange(ref _begun, TimeProvider.System.GetTimestamp());
            try
            {
                again = await PassAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception error)
            {
                LogPassFailed(_logger, GetType().Name, error);
            }

            Interlocked.Increment(ref _passes);
            Interlocked.Exchange(ref _pass, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
            if (!again) await WaitAsync(stoppingToken);
        }
    }

    private void WakeAtLast()
    {
        Interlocked.Exchange(ref _isSoon, 0);
        try
        {
            Wake();
        }
        catch (ObjectDisposedException)
        {
            // The loop has ended meanwhile.
        }
    }

    private async Task WaitAsync(CancellationToken stopping)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var woken = _wake.WaitAsync(waiting.Token);
        var due = Task.Delay(_interval, _clock, waiting.Token);
        await Task.WhenAny(woken, due);
        await waiting.CancelAsync();
        await Task.WhenAll(woken, due).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        _soon.Dispose();
        _wake.Dispose();
        base.Dispose();
        GC.SuppressFinalize(this);
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Error, Message = "A pass of {Loop} failed; the next one follows after its interval")]
    private static partial void LogPassFailed(ILogger logger, string loop, Exception error);
}
