using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using RenderFarm.Coordinator.Reports;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Reports;

public sealed class UnendingTests
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public async Task No_error_but_the_stop_ends_it()
    {
        Exception[] errors = [new SocketException((int)SocketError.HostNotFound), new NpgsqlException("away"), new TaskCanceledException("a limit of its own"), new NotSupportedException("a bug")];
        using var stopping = new CancellationTokenSource();
        List<Exception> told = [];
        var rounds = 0;

        await Unending.RepeatAsync(
            () =>
            {
                if (rounds < errors.Length) throw errors[rounds++];
                stopping.Cancel();
                return Task.CompletedTask;
            },
            told.Add,
            TimeSpan.Zero, _clock, stopping.Token);

        Assert.Equal(errors, told);
    }

    [Fact]
    public async Task Round_that_failed_is_followed_by_a_pause_and_a_stop_ends_the_pause()
    {
        using var stopping = new CancellationTokenSource();
        var rounds = 0;
        var repeating = Unending.RepeatAsync(() => throw new IOException($"round {++rounds}"), _ => { }, Pause, _clock, stopping.Token);
        Assert.Equal(1, rounds);
        _clock.Advance(Pause);
        Assert.Equal(2, rounds);

        await stopping.CancelAsync();
        await repeating.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.Equal(2, rounds);
    }
}
