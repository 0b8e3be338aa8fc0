using Microsoft.EntityFrameworkCore;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Workers;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Persistence.Postgres;
using RenderFarm.Coordinator.Workers;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator.Persistence;

/// <summary>What every database of the record keeps of announcements, and how sizes tell the jobs that wait apart.</summary>
public abstract class CapabilityConformance : RecordTest
{
    private const long Small = 1_000;
    private const long Large = 1_001;

    private static readonly DeviceCapabilities Said = new("cuda0", 8, "p", 5) { Provider = "cuda", PixelsPerImage = 1_048_576, Speeds = [new RowSpeed(2, 0.5)] };

    [Fact]
    public async Task Announcement_that_says_nothing_new_of_a_device_writes_nothing_of_it()
    {
        Assert.Equal(["AnnouncedDevice Added", "FarmDevice Added"], await AnnounceAsync(Said));
        Assert.Empty(await AnnounceAsync(Said));
        Assert.Equal(["AnnouncedDevice Modified"], await AnnounceAsync(Said with { Speeds = [new RowSpeed(2, 0.75)] }));
        Assert.Equal(["AnnouncedDevice Modified", "FarmDevice Modified"], await AnnounceAsync(Said with { PixelsPerImage = null }));
    }

    [Fact]
    public async Task Device_that_is_no_longer_announced_is_forgotten_with_what_it_said()
    {
        await AnnounceAsync(Said, Said with { Device = "cuda1" });

        Assert.Equal(["AnnouncedDevice Deleted", "FarmDevice Deleted"], await AnnounceAsync(Said));

        await using var db = Database.CreateDbContext();
        Assert.Equal(["cuda0"], await db.DeviceCapabilities.Select(row => row.Device).ToListAsync(Cancellation));
    }

    [Fact]
    public async Task Jobs_too_large_for_the_fleet_hide_no_smaller_one_of_their_tenant()
    {
        var large = Enumerable.Range(0, Backlog.MostQueuedJobs + 3).Select(i => AJob.Submitted(Noon.AddMilliseconds(i), 1, pixels: Large)).ToList();
        var small = AJob.Submitted(Noon.AddHours(1), 1, pixels: Small);
        await Record.AddAsync(
            db =>
            {
                db.Jobs.AddRange([.. large, small]);
                return Task.FromResult(0);
            },
            Cancellation);
        var backlog = new Backlog(Record, Database, TimeProvider.System);
        Assert.DoesNotContain(small.Id, IdsOf(await backlog.JobsAsync(Cancellation)));

        Assert.True(backlog.Follow(SizeLimits.Of([Small])));
        var seen = await backlog.JobsAsync(Cancellation);

        Assert.Equal([.. large.Take(Backlog.MostQueuedJobs / 2).Select(job => job.Id), small.Id], IdsOf(seen));
        Assert.Equal((Large, Small), (seen[0].Needs.Pixels, seen[^1].Needs.Pixels));
        Assert.True(backlog.LeftOutJobs);
        Assert.False(backlog.Follow(SizeLimits.Of([null, Small])));
    }

    [Fact]
    public async Task Jobs_of_every_range_are_seen_with_those_of_unknown_size_in_the_first()
    {
        var jobs = new[] { 0, 10, 20, 30, 40 }.Select((pixels, i) => AJob.Submitted(Noon.AddSeconds(i), 1, pixels: pixels)).ToList();
        await Record.AddAsync(
            db =>
            {
                db.Jobs.AddRange(jobs);
                return Task.FromResult(0);
            },
            Cancellation);
        var backlog = new Backlog(Record, Database, TimeProvider.System);
        backlog.Follow(SizeLimits.Of([10, 20, 35]));

        Assert.Equal(jobs.Select(job => job.Id), IdsOf(await backlog.JobsAsync(Cancellation)));
        Assert.False(backlog.LeftOutJobs);
        await using var db = Database.CreateDbContext();
        var first = await Database.FirstQueued(db, inAll: 1, ofEach: 1, SizeLimits.Of([10, 20, 35])).ToListAsync(Cancellation);
        Assert.Equal([0, 20, 30, 40], first.Select(job => job.Pixels).Order());
    }

    [Fact]
    public async Task Suspects_too_large_for_the_fleet_hide_no_younger_one_of_their_tenant()
    {
        const int Many = 70;
        var (large, small) = (AJob.Submitted(Noon, Many, pixels: Large), AJob.Submitted(Noon.AddHours(5), 1, pixels: Small));
        foreach (var job in new[] { large, small })
        {
            await AddJobAsync(job, [new(0, job.TasksTotal, 1)]);
            await ClaimAsync([Of(job, "gone", [.. Enumerable.Range(0, job.TasksTotal)])]);
            for (var index = 0; index < job.TasksTotal; index++)
            {
                var at = job.CreatedAt.AddHours(1).AddSeconds(index);
                await ChangeAsync(job, index, (row, task) =>
                {
                    task.Accuse(at);
                    task.CountLoss();
                    task.HandBack(row);
                });
            }
        }

        var backlog = new Backlog(Record, Database, TimeProvider.System);
        backlog.Follow(SizeLimits.Of([Small]));

        Assert.Contains(await backlog.SuspectsAsync(Cancellation), suspect => suspect.Job == small.Id);
    }

    private static List<JobId> IdsOf(IEnumerable<WaitingJob> jobs) => [.. jobs.Select(job => job.Id)];

    // What an announcement of these devices would write.
    private async Task<List<string>> AnnounceAsync(params DeviceCapabilities[] devices)
    {
        await using var db = Database.CreateDbContext();
        await AnnouncedDevices.UpsertAsync(db, new WorkerAnnounced("alpha", Guid.Empty, new WorkerCapabilities(devices, [])), Cancellation);
        db.ChangeTracker.DetectChanges();
        List<string> written = [.. db.ChangeTracker.Entries().Where(row => row.State != EntityState.Unchanged)
            .Select(row => $"{row.Entity.GetType().Name} {row.State}").Distinct().Order(StringComparer.Ordinal)];
        await db.SaveChangesAsync(Cancellation);
        return written;
    }
}

public sealed class SqliteCapabilityTests : CapabilityConformance;

public sealed class PostgresCapabilityTests : CapabilityConformance
{
    internal override async Task<IDatabase> OpenAsync() => new PostgresDatabase(await PostgresRecord.NewAsync(), TimeSpan.FromSeconds(30));

    internal override Task<long> LeadAsync() => PostgresRecordTests.LeadAsync((PostgresDatabase)Database, Cancellation);
}
