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

    /// <summary>As <see cref="RunAsync"/>, for what cannot be tried twice.</summary>
    public async Task<T> OnceAsync<T>(string what, Func<Task<T>> request, CancellationToken cancellation)
    {
        try
        {
            return await request().WaitAsync(options.Timeout, clock, cancellation);
        }
        catch (Exception) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation);
        }
        catch (Exception error)
        {
            throw Failure(what, error, error is TimeoutException);
        }
    }

    /// <summary>What a failure means, for one that came when the answer had begun.</summary>
    public ObjectStoreException Failure(string what, Exception error, bool timedOut)
    {
        var why = timedOut ? $"it gave no answer within {options.Timeout.TotalSeconds} s"
            // The Minio client stumbles over refusals without a text of their own.
            : error is ArgumentException ? "its refusal was unreadable"
            : error.Message.TrimEnd('.');
        return new ObjectStoreException($"The object store at {options.Endpoint} (bucket {options.Bucket}) could not {what}: {why}.", error) { IsRefusal = !S3Failure.IsPassing(error) };
    }
}
