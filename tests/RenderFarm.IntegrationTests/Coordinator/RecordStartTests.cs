using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using RenderFarm.Contracts.Api;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Testing.Coordinator;
using RenderFarm.Testing.Services;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator;

public sealed class RecordStartTests : CoordinatorTest
{
    [Fact]
    public async Task Second_coordinator_on_one_record_is_refused_with_the_next_step()
    {
        await StartAsync();

        var refusal = await Assert.ThrowsAsync<RecordException>(() => CoordinatorHost.StartAsync(Folder, Store, Clock, null));

        Assert.EndsWith("is in use by another RenderFarm. Stop that one, or give this one a folder of its own.", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Record_of_a_newer_version_is_refused_rather_than_misread()
    {
        await StartAsync();
        await using (var db = await Host.Services.GetRequiredService<IDbContextFactory<FarmDbContext>>().CreateDbContextAsync(Deadline))
            await db.Database.ExecuteSqlRawAsync("INSERT INTO __EFMigrationsHistory VALUES ('99990101000000_Future', '99.0')", Deadline);

        var refusal = await Assert.ThrowsAsync<RecordException>(() => StartAsync());

        Assert.Contains("99990101000000_Future", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Database_that_comes_up_later_is_waited_for()
    {
        await using var line = new FaultProxy("127.0.0.1", (await PostgresService.SharedAsync()).Port);
        line.Refuse();
        var starting = CoordinatorHost.StartAsync(PostgresService.Via(await PostgresRecord.NewEmptyAsync(), line.Port), Store, Clock, null);
        while (line.Opened < 2)
        {
            Assert.False(starting.IsFaulted, starting.Exception?.ToString());
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Deadline);
        }

        line.Accept();
        await using var host = await starting.WaitAsync(Deadline);

        Assert.Empty((await host.GetAsync<Page<JobView>>("/v1/jobs", Deadline)).Items);
    }

    [Fact]
    public async Task Database_that_refuses_this_user_is_not_waited_for()
    {
        var connection = new NpgsqlConnectionStringBuilder(await PostgresRecord.NewEmptyAsync()) { Username = "nobody-of-this-name" }.ConnectionString;

        var refusal = await Assert.ThrowsAsync<RecordException>(() => CoordinatorHost.StartAsync(connection, Store, Clock, null));

        Assert.False(refusal.IsPassing);
    }

    [Fact]
    public async Task File_that_is_no_record_is_refused_with_its_path()
    {
        await File.WriteAllTextAsync(Path.Combine(Folder, "farm.db"), new string('x', 5_000), Deadline);

        var refusal = await Assert.ThrowsAsync<RecordException>(() => StartAsync());

        Assert.Contains(Path.Combine(Folder, "farm.db"), refusal.Message, StringComparison.Ordinal);
        Assert.Contains("not a database", refusal.Message, StringComparison.Ordinal);
    }
}
