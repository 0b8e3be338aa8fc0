using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Jobs.Planning;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator.Persistence.Upgrades;

/// <summary>A record of every earlier shape, upgraded: nothing in it is lost, the coordinator reads it, and its work goes on.</summary>
public class UpgradeTests : CoordinatorTest
{
    private static readonly JobId Begun = JobId.Parse("01a207bd-a9c0-7000-8000-000000000001", null);
    private static readonly JobId Failed = JobId.Parse("01a207f4-9840-7000-8000-000000000002", null);
    private static readonly byte[] Picture = [1, 2, 3];
    private string? _place;

    /// <summary>Every migration but the newest.</summary>
    public static TheoryData<string> Earlier => [.. Names.SkipLast(1)];

    /// <summary>Every migration that a coordinator in use may be one behind: <c>Attempts</c> renamed a column, before there was a release.</summary>
    public static TheoryData<string> Additive => [.. Names.SkipWhile(name => name != "Attempts").SkipLast(1)];

    private static IReadOnlyList<string> Names
    {
        get
        {
            using var db = RecordRegistration.Open(new RecordOptions { Connection = "Data Source=names.db" }, null).CreateDbContext();
            return FormerRows.Migrations(db);
        }
    }

    [Fact]
    public async Task Both_databases_have_the_same_migrations()
    {
        var database = await OpenAsync();
        await using var shared = database as IAsyncDisposable;
        await using var db = database.CreateDbContext();

        Assert.Equal(Names, FormerRows.Migrations(db));
    }

    [Theory]
    [MemberData(nameof(Earlier))]
    public async Task Upgraded_record_has_lost_nothing_and_its_jobs_go_on(string migration)
    {
        var database = await OpenAsync();
        await using var shared = database as IAsyncDisposable;
        await using (var db = database.CreateDbContext())
        {
            await FormerRows.MigrateToAsync(db, migration, Deadline);
            await FormerRows.InsertAsync(db, migration, Deadline);
            var before = await FormerRows.CountAsync(db, Deadline);
            await FormerRows.MigrateToAsync(db, Names[^1], Deadline);
            var after = await FormerRows.CountAsync(db, Deadline);
            Assert.All(before, table => Assert.Equal((table.Key, table.Value), (table.Key, after[table.Key])));
            await ReadEverythingAsync(db);
        }

        await Store.PutAsync(new ObjectKey($"images/{Begun}/000000-1-22222222222242228222222222222222.png"), Picture, "image/png", Deadline);
        var worker = new ScriptedWorker("alpha", "cpu", Store);
        await StartAsync(null, worker);
        await AssertShownAsync();

        // A new life of the worker: what its former one held is taken back and rendered again. It renders nothing before, for the record already shows it as active.
        worker.Script = ScriptedWorker.Succeed;
        await worker.AnnounceAsync();
        while ((await Host.GetAsync<JobView>($"/v1/jobs/{Begun}", Deadline)).EndedAt is null)
        {
            await worker.BeatAsync();
            await PassAsync(TimeSpan.FromSeconds(1));
        }

        var job = await Host.GetAsync<JobView>($"/v1/jobs/{Begun}", Deadline);
        Assert.Equal(("failed", new TaskCounts(5, 0, 0, 0, 4, 1, 0)), (job.Status, job.Tasks));
        Assert.Equal(Picture, await Host.Client.GetByteArrayAsync($"/v1/jobs/{Begun}/images/0", Deadline));
    }

    [Theory]
    [MemberData(nameof(Additive))]
    public async Task Coordinator_of_the_version_before_still_writes_into_the_newest_shape(string migration)
    {
        var database = await OpenAsync();
        await using var shared = database as IAsyncDisposable;
        await using var db = database.CreateDbContext();
        await FormerRows.MigrateToAsync(db, Names[^1], Deadline);

        await FormerRows.InsertAsync(db, migration, Deadline);

        await ReadEverythingAsync(db);
        Assert.Equal(8, await db.Tasks.CountAsync(Deadline));
    }

    private async Task AssertShownAsync()
    {
        var jobs = (await Host.GetAsync<Page<JobView>>("/v1/jobs", Deadline)).Items.ToDictionary(job => job.Id);
        Assert.Equal("catalogue 7", jobs[Begun].Label);
        Assert.Equal((1, 1), (jobs[Begun].Tasks.Completed, jobs[Begun].Tasks.Failed));
        Assert.Equal(("failed", new TaskCounts(2, 0, 0, 0, 1, 1, 0)), (jobs[Failed].Status, jobs[Failed].Tasks));

        var tasks = await TasksAsync(jobs[Begun]);
        Assert.Equal([0, 1, 2, 3, 4], tasks.Select(task => task.Index));
        Assert.Equal(("completed", 3L, 0.75, "alpha"), (tasks[0].Status, tasks[0].SizeBytes, tasks[0].RenderSeconds, tasks[0].Worker));
        Assert.Equal(("failed", "not_finite"), (tasks[1].Status, tasks[1].Failure!.Code));
        Assert.Equal("a red circle", tasks[4].Recipe.Prompt);

        var workers = (await Host.GetAsync<Page<WorkerView>>("/v1/workers", Deadline)).Items;
        Assert.Equal(["alpha", "beta"], workers.Select(worker => worker.Name).Order());
        Assert.All(workers, worker => Assert.Equal("cpu", worker.Devices.Single().Device));

        await using var db = await Host.Services.GetRequiredService<IDbContextFactory<FarmDbContext>>().CreateDbContextAsync(Deadline);
        Assert.Equal(2, await db.JobInputs.CountAsync(input => input.Job == Begun, Deadline));
        Assert.Equal(["store_unavailable", "not_finite"], await db.Failures.Where(failure => failure.Job == Begun).OrderBy(failure => failure.Attempt).Select(failure => failure.Code).ToListAsync(Deadline));
    }

    // Every row of every table becomes an object of today's code.
    private async Task ReadEverythingAsync(FarmDbContext db)
    {
        foreach (var job in await db.Jobs.IgnoreQueryFilters().ToListAsync(Deadline))
        {
            var tasks = await db.Tasks.Where(task => task.Job == job.Id).ToListAsync(Deadline);
            Assert.Equal(job.TasksTotal, tasks.Count);
            Assert.Equal(job.TasksCompleted, tasks.Count(task => task.Status == TaskStatuses.Completed));
            var planner = new JobPlanner(job.Checkpoint, Planners.Parse(await db.Sweeps.SingleAsync(sweep => sweep.Job == job.Id, Deadline)));
            Assert.All(tasks, task => Assert.Equal(64, planner.RecipeAt(task.Index).Width));
        }

        Assert.NotEmpty(await db.Failures.ToListAsync(Deadline));
        Assert.NotEmpty(await db.Devices.ToListAsync(Deadline));
        Assert.NotEmpty(await db.Checkpoints.ToListAsync(Deadline));
        Assert.All(await db.Workers.ToListAsync(Deadline), worker => Assert.NotEmpty(worker.Checkpoints));
        _ = (await db.Inputs.ToListAsync(Deadline), await db.JobInputs.ToListAsync(Deadline), await db.State.ToListAsync(Deadline));
    }

    protected override async Task<string> NewRecordAsync() => _place ??= await NewPlaceAsync();

    /// <summary>Makes an empty record.</summary>
    protected virtual Task<string> NewPlaceAsync() => Task.FromResult($"Data Source={Path.Combine(Folder, "farm.db")}");

    private async Task<IDatabase> OpenAsync() => RecordRegistration.Open(new RecordOptions { Connection = await NewRecordAsync() }, null);
}

public sealed class UpgradeOnPostgresTests : UpgradeTests
{
    protected override Task<string> NewPlaceAsync() => PostgresRecord.NewEmptyAsync();
}
