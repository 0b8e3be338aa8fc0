using System.Net.Sockets;
using System.Threading.Channels;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Persistence.Postgres;
using RenderFarm.Hosting.Messaging;
using RenderFarm.Hosting.ObjectStore;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Persistence;

public sealed class PatienceTests : IAsyncLifetime
{
    private const string Queue = "held";
    private static readonly AttemptReturned Message = new(new AttemptId(new JobId(Guid.Empty), 3, 2), new RunId(Guid.Empty), "w");
    private readonly Channel<AttemptReturned> _put = Channel.CreateUnbounded<AttemptReturned>();
    private readonly PostgresDatabase _database = new("Host=127.0.0.1", TimeSpan.FromSeconds(1));
    private readonly FakeTimeProvider _clock = new();
    private IHost? _host;
    private readonly RecordAbsence _absence;
    private Patience? _patience;

    public PatienceTests() => _absence = new RecordAbsence(_clock);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.ClearProviders();
        builder.Services.AddFarmBus(new BusPart(
            _ => { },
            (_, transport) => transport.ReceiveEndpoint(Queue, endpoint => endpoint.Handler<AttemptReturned>(async context => await _put.Writer.WriteAsync(context.Message)))));
        _host = builder.Build();
        await _host.StartAsync(Cancellation);
        _patience = new Patience(_database, _absence, _host.Services.GetRequiredService<FarmSender>(), _clock, NullLogger<Patience>.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        if (_host is not null) await _host.StopAsync(CancellationToken.None);
        _host?.Dispose();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Message_is_tried_until_record_and_store_are_back()
    {
        Exception[] errors = [new SocketException(111), new TimeoutException(), new ObjectStoreException("away")];
        var tries = 0;
        var held = _patience!.HoldAsync(Queue, Message, () => tries < errors.Length ? throw errors[tries++] : Task.CompletedTask, Cancellation);
        for (var tried = 1; tried <= errors.Length; tried++)
        {
            Assert.Equal((tried, false), (tries, held.IsCompleted));
            _clock.Advance(Patience.LongestPause);
        }

        await held.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        Assert.Equal(0, _put.Reader.Count);
    }

    [Fact]
    public async Task Message_that_was_held_for_long_goes_to_the_end_of_its_queue_before_the_broker_takes_it_back()
    {
        var held = _patience!.HoldAsync(Queue, Message, () => throw new SocketException(111), Cancellation);
        var waited = TimeSpan.Zero;
        for (; waited <= Patience.MostHeld + Patience.LongestPause && !held.IsCompleted; waited += Patience.LongestPause) _clock.Advance(Patience.LongestPause);

        Assert.Equal(Message, await _put.Reader.ReadAsync(Cancellation));
        await held.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
    }

    [Fact]
    public async Task Message_goes_to_the_end_of_its_queue_for_others_to_read_once_it_is_certain_that_the_record_is_away()
    {
        _absence.Confirm();
        var held = _patience!.HoldAsync(Queue, Message, () => throw new SocketException(111), Cancellation);
        Assert.False(held.IsCompleted);
        _clock.Advance(TimeSpan.FromMilliseconds(100));

        Assert.Equal(Message, await _put.Reader.ReadAsync(Cancellation));
        await held.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
    }

    [Fact]
    public async Task Absences_of_the_record_are_told_and_those_of_the_store_are_not()
    {
        await PassOverAsync(new ObjectStoreException("away"));
        Assert.False(_absence.IsSuspected);
        await PassOverAsync(new SocketException(111));
        _clock.Advance(RecordAbsence.Suspicion);
        Assert.True(_absence.IsSuspected);
        await _patience!.PassOverAsync(() => Task.CompletedTask, Cancellation);
        Assert.False(_absence.IsSuspected);

        async Task PassOverAsync(Exception error)
        {
            var passed = _patience!.PassOverAsync(() => throw error, Cancellation);
            _clock.Advance(RecordAbsence.Suspicion);
            await passed.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        }
    }

    [Fact]
    public async Task Error_that_is_no_absence_is_the_messages_own()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => _patience!.HoldAsync(Queue, Message, () => throw new InvalidOperationException("a bug"), Cancellation));
        await Assert.ThrowsAsync<InvalidOperationException>(() => _patience!.PassOverAsync(() => throw new InvalidOperationException("a bug"), Cancellation));
    }

    [Fact]
    public async Task Message_that_is_said_again_soon_is_let_go_after_a_moment()
    {
        var tries = 0;
        var passed = _patience!.PassOverAsync(
            () =>
            {
                tries++;
                throw new SocketException(111);
            },
            Cancellation);
        Assert.False(passed.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(1));

        await passed.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        Assert.Equal(1, tries);
    }
}
