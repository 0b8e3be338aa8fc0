using System.Runtime.CompilerServices;

namespace RenderFarm.Hosting.ObjectStore;

/// <summary>Runs requests to an S3 server: each try has its time, passing failures are tried again, and the last becomes an <see cref="ObjectStoreException"/>.</summary>
internal sealed class S3Tries(ObjectStoreOptions options, TimeProvider clock)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);

    /// <exception cref="ObjectStoreException">The server refused or could not be reached; names what was tried, where and why it failed.</exception>
    public async Task<T> RunAsync<T>(string what, Func<CancellationToken, Task<T>> request, CancellationToken cancellation)
    {
        for (var tries = 1; ; tries++)
        {
            using var timeout = new CancellationTokenSource(options.Timeout, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
            try
            {
                return await request(either.Token);
            }
            catch (Exception) when (cancellation.IsCancellationRequested)
            {
                throw new OperationCanceledException(cancellation);
            }
            catch (Exception error) when (tries >= options.Tries || !S3Failure.IsPassing(error))
            {
                throw Failure(what, error, timeout.IsCancellationRequested);
            }
            catch (Exception)
            {
                // Tried again below; the last failure is the one to report.
            }

            await Task.Delay(FirstPause * (1 << (tries - 1)), clock, cancellation);
        }
    }

    /// <summary>
    /// As <see cref="RunAsync"/>, for an answer that comes in steps, each of which has its time. Not tried twice: what was given out cannot be taken back, so its
    /// reader begins anew. What is not there has no steps.
    /// </summary>
    /// <exception cref="ObjectStoreException">The server refused, could not be reached or broke off.</exception>
    public async IAsyncEnumerable<T> EachAsync<T>(
        string what, Func<CancellationToken, IAsyncEnumerable<T>> request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        // One for all steps, since an enumerator takes its token at the start; it runs only during a step, for the reader may take his time between two.
        using var timeout = new CancellationTokenSource(Timeout.InfiniteTimeSpan, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        // A step that is given up is still waited for: an enumerator at work refuses to be disposed, and would keep its request.
        await using var steps = request(either.Token).GetAsyncEnumerator(either.Token);
        while (await StepAsync()) yield return steps.Current;

        async Task<bool> StepAsync()
        {
            timeout.CancelAfter(options.Timeout);
            try
            {
                return await steps.MoveNextAsync();
            }
            catch (Exception) when (cancellation.IsCancellationRequested)
            {
                throw new OperationCanceledException(cancellation);
            }
            catch (Exception error) when (S3Failure.IsNotFound(error))
            {
                return false;
            }
            catch (Exception error)
            {
                throw Failure(what, error, timeout.IsCancellationRequested);
            }
            finally
            {
                timeout.CancelAfter(Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>What a failure means, for one that came when the answer had begun.</summary>
    public ObjectStoreException Failure(string what, Exception error, bool timedOut)
    {
        var why = timedOut ? $"it gave no answer within {options.Timeout.TotalSeconds} s"
            // The Minio client stumbles over refusals without a text of their own.
            : error is ArgumentException ? "its refusal was unreadable"
            // Above it the client says no more than that TLS failed.
            : (S3Failure.OfTls(error) ?? error).Message.TrimEnd('.');
        return new ObjectStoreException($"The object store at {options.Endpoint} (bucket {options.Bucket}) could not {what}: {why}.", error) { IsRefusal = !S3Failure.IsPassing(error) };
    }
}
