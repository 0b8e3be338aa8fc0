using Microsoft.Extensions.Time.Testing;
using RenderFarm.Coordinator.Jobs.Views;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Persistence.Sqlite;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Jobs.Views;

public sealed class OpenJobsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _clock = new();
    private readonly SqliteDatabase _database;
    private readonly FarmRecord _record;
    private readonly OpenJobs _open;

    public OpenJobsTests()
    {
        _database = new SqliteDatabase(Path.Combine(_folder.Path, "farm.db"), TimeSpan.FromSeconds(30));
        _record = new FarmRecord(_database);
        _open = new OpenJobs(_record, _clock);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _database.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Open_jobs_are_counted_once_a_second_however_many_ask()
    {
        await _database.MigrateAsync(Cancellation);
        await AddAsync();
        Assert.Equal([new Competition("default", "normal", 1)], await _open.CountAsync(Cancellation));
        await AddAsync();

        _clock.Advance(OpenJobs.Lifetime - TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, (await _open.CountAsync(Cancellation)).Single().Jobs);
        _clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(2, (await _open.CountAsync(Cancellation)).Single().Jobs);
    }

    [Fact]
    public async Task Count_that_failed_is_taken_again()
    {
        await Assert.ThrowsAnyAsync<Exception>(() => _open.CountAsync(Cancellation));
        await _database.MigrateAsync(Cancellation);

        Assert.Empty(await _open.CountAsync(Cancellation));
    }

    private Task<int> AddAsync() => _record.AddAsync(
        db =>
        {
            db.Jobs.Add(AJob.Submitted(_clock.GetUtcNow(), 1));
            return Task.FromResult(0);
        },
        Cancellation);
}
