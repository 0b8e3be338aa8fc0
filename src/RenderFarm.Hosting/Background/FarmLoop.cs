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
    private long _passes;

    /// <summary>Sets the rhythm.</summary>
    /// <param name="interval">Longest time between two passes.</param>
    /// <param name="clock">Measures the interval.</param>
    /// <param name="logger">Gets the failures of passes.</param>
    protected FarmLoop(TimeSpan interval, TimeProvider clock, ILogger logger)
    {
        _interval = interval;
        _clock = clock;
        _logger = logger;
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
        _wake.Dispose();
        base.Dispose();
        GC.SuppressFinalize(this);
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Error, Message = "A pass of {Loop} failed; the next one follows after its interval")]
    private static partial void LogPassFailed(ILogger logger, string loop, Exception error);
}
