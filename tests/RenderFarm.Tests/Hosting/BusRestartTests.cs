using System.Reflection;
using MassTransit;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using RenderFarm.Hosting.Messaging;
using Xunit;

namespace RenderFarm.Tests.Hosting;

public sealed class BusRestartTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly IBusControl _bus = DispatchProxy.Create<IBusControl, StubbornBus>();
    private readonly BusRestart _restart;

    public BusRestartTests() => _restart = new BusRestart(_bus, _clock, NullLogger.Instance);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private StubbornBus Bus => (StubbornBus)(object)_bus;

    [Fact]
    public async Task Stop_that_uses_up_its_time_leaves_the_start_its_own()
    {
        Bus.HangsAtStop = true;
        var restarting = _restart.RunAsync(Cancellation);
        _clock.Advance(BusRestart.Limit);
        await restarting.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        Assert.Equal(["stop", "start"], Bus.Calls);
        Assert.False(_restart.IsDue);
    }

    [Fact]
    public async Task Start_that_failed_is_due_until_one_succeeds()
    {
        Bus.StartFailure = new InvalidOperationException("The broker is away.");
        await _restart.RunAsync(Cancellation);
        Assert.True(_restart.IsDue);
        Bus.StartFailure = null;
        await _restart.RunAsync(Cancellation);
        Assert.False(_restart.IsDue);
        Assert.Equal(["stop", "start", "stop", "start"], Bus.Calls);
    }

    [Fact]
    public async Task Stop_that_failed_is_tried_again_before_any_start()
    {
        Bus.StopFailure = new InvalidOperationException("A reader does not end.");
        await _restart.RunAsync(Cancellation);
        Assert.True(_restart.IsDue);
        Assert.Equal(["stop"], Bus.Calls);
    }

    /// <summary>MassTransit's bus on its bad days. Like it, a stop that is canceled counts as one, and a start that is canceled fails.</summary>
    public class StubbornBus : DispatchProxy
    {
        public List<string> Calls { get; } = [];

        public bool HangsAtStop { get; set; }

        public Exception? StopFailure { get; set; }

        public Exception? StartFailure { get; set; }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name switch
        {
            nameof(IBusControl.StopAsync) => StopAsync((CancellationToken)args![0]!),
            nameof(IBusControl.StartAsync) => StartAsync((CancellationToken)args![0]!),
            _ => throw new NotSupportedException(targetMethod.Name),
        };

        private async Task StopAsync(CancellationToken cancellation)
        {
            Calls.Add("stop");
            if (StopFailure is { } failure) throw failure;
            if (HangsAtStop) await new TaskCompletionSource().Task.WaitAsync(cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        private Task<BusHandle> StartAsync(CancellationToken cancellation)
        {
            Calls.Add("start");
            cancellation.ThrowIfCancellationRequested();
            return StartFailure is { } failure ? Task.FromException<BusHandle>(failure) : Task.FromResult<BusHandle>(null!);
        }
    }
}
