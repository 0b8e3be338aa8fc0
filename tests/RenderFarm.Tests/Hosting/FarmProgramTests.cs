using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RenderFarm.Hosting.Startup;
using Xunit;

namespace RenderFarm.Tests.Hosting;

public sealed class FarmProgramTests
{
    [Fact]
    public async Task Program_that_ends_by_itself_asks_to_be_started_again() => Assert.Equal(FarmProgram.StartAgain, await RunAsync<Ending>());

    [Fact]
    public async Task Program_that_is_asked_to_end_is_done() => Assert.Equal(FarmProgram.Done, await RunAsync<Asked>());

    [Fact]
    public async Task Start_that_fails_for_something_that_may_pass_asks_to_be_started_again() => Assert.Equal(FarmProgram.StartAgain, await RunAsync<Failing>(_ => true));

    [Fact]
    public async Task Start_that_fails_for_good_does_not() => Assert.Equal(FarmProgram.WrongConfiguration, await RunAsync<Failing>(_ => false));

    [Fact]
    public async Task Program_that_is_asked_to_end_while_it_starts_is_done() => Assert.Equal(FarmProgram.Done, await RunAsync<Waiting>());

    private static Task<int> RunAsync<T>(Func<Exception, bool>? mayPass = null)
        where T : class, IHostedService => FarmProgram.RunAsync([], new FarmRole(
            "worker",
            0,
            builder =>
            {
                builder.Services.AddNoServer().AddHostedService<T>();
                return Task.CompletedTask;
            },
            _ => { },
            error => error is TimeoutException ? error.Message : null,
            mayPass));

    private sealed class Failing : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => throw new TimeoutException("It is away.");

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class Waiting(IHostApplicationLifetime lifetime) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            lifetime.StopApplication();
            return Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class Ending(EarlyEnd end) : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken)
        {
            end.For("A device is stuck.");
            return Task.CompletedTask;
        }
    }

    private sealed class Asked(IHostApplicationLifetime lifetime) : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken)
        {
            lifetime.StopApplication();
            return Task.CompletedTask;
        }
    }
}
