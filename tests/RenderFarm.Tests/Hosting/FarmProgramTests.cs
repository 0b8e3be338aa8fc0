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

    private static Task<int> RunAsync<T>()
        where T : class, IHostedService => FarmProgram.RunAsync([], new FarmRole(
            "worker",
            0,
            builder =>
            {
                builder.Services.AddNoServer().AddHostedService<T>();
                return Task.CompletedTask;
            },
            _ => { },
            _ => null));

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
