using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Persistence.Sqlite;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Persistence;

public sealed class RecordTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SqliteDatabase _database;

    public RecordTests() => _database = new SqliteDatabase(Path.Combine(_folder.Path, "farm.db"), TimeSpan.FromSeconds(30));

    public void Dispose()
    {
        _database.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Migrations_make_exactly_the_shape_that_the_code_expects()
    {
        await _database.MigrateAsync(TestContext.Current.CancellationToken);

        await using var db = _database.CreateDbContext();
        Assert.False(db.Database.HasPendingModelChanges());
    }

    [Fact]
    public async Task Tasks_are_inserted_in_stretches_at_a_rate_that_a_million_needs_seconds_for()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await _database.MigrateAsync(cancellation);
        await using var db = _database.CreateDbContext();
        var job = AJob.With(total: 200_000);
        var watch = Stopwatch.StartNew();

        await using (var transaction = await db.Database.BeginTransactionAsync(cancellation))
        {
            await _database.InsertTasksAsync(db, job.Id, [new(0, 100_000, 5), new(100_000, 100_000, 7)], cancellation);
            await transaction.CommitAsync(cancellation);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{200_000 / watch.Elapsed.TotalSeconds:N0} rows/s");
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        Assert.Equal(200_000, await db.Tasks.CountAsync(task => task.Job == job.Id && task.Status == "queued", cancellation));
        Assert.Equal((5, 7), ((await Row(99_999)).Cost, (await Row(100_000)).Cost));
        Assert.Equal(199_999, await db.Tasks.MaxAsync(task => task.Index, cancellation));

        Task<RenderTask> Row(int index) => db.Tasks.SingleAsync(task => task.Job == job.Id && task.Index == index, cancellation);
    }
}
