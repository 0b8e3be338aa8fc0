using Microsoft.EntityFrameworkCore;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Coordinator.Jobs.Planning;
using RenderFarm.Coordinator.Jobs.Trailing;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Workers;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator.Persistence;

/// <summary>What every database of the record does: rows are kept as they were written, all of a write or nothing, and claimed once. Nothing above <see cref="IDatabase"/>.</summary>
public abstract class RecordConformance : RecordTest
{
    [Fact]
    public async Task Migrations_make_exactly_the_shape_that_the_code_expects()
    {
        await using var db = Database.CreateDbContext();

        Assert.False(db.Database.HasPendingModelChanges());
    }

    [Fact]
    public async Task Tasks_are_inserted_in_stretches_of_one_cost()
    {
        var job = await AddAsync(new(0, 3, 5), new(3, 2, 7));

        var costs = await Record.ReadAsync(db => db.Tasks.Where(task => task.Job == job.Id).OrderBy(task => task.Index).Select(task => task.Cost).ToListAsync(Cancellation), Cancellation);
        Assert.Equal([5, 5, 5, 7, 7], costs);
        Assert.All(await TasksAsync(job), task => Assert.Equal(("queued", 0, 0, 0, 0, 0, 0, false), (task.Status, task.Attempt, task.Charged, task.Rescues, task.Refusals, task.DeathsAlone, task.MissedHeartbeats, task.IsSuspect)));
    }

    [Fact]
    public async Task Row_reads_as_it_was_written()
    {
        var job = await AddAsync(new CostStretch(0, 1, 5));
        var run = new RunId(Guid.NewGuid());
        await ClaimAsync(job, 0);
        await ChangeAsync(job, 0, (row, task) => task.Start(row, run, Noon.AddMilliseconds(1)));

        var read = (await TasksAsync(job)).Single();
        Assert.Equal((job.Id, run, Noon.AddMilliseconds(1)), (read.Job, read.Run!.Value, read.StartedAt!.Value));
        Assert.Equal(Noon, (await JobAsync(job)).CreatedAt);
    }

    [Fact]
    public async Task Verdicts_of_a_safety_checker_are_kept_by_image_when_many_are_written_at_once()
    {
        var job = await AddAsync(new CostStretch(0, 3, 1));
        await ClaimAsync(job, 0, 1, 2);
        var image = new StoredImage("k", "s", 1, 1, "p");
        StoredImage[] images = [image with { SafetyFlag = true, SafetyScore = 0.25 }, image, image with { SafetyFlag = false, SafetyScore = -0.5 }];
        await ChangeAllAsync(job, (row, task) => task.Complete(row, new RunId(Guid.NewGuid()), "alpha", images[task.Index], Noon));

        Assert.Equal([(true, 0.25), (null, null), (false, -0.5)], (await TasksAsync(job)).Select(task => (task.SafetyFlag, task.SafetyScore)));
    }

    [Fact]
    public async Task Refusals_are_counted_by_task_through_claims_and_forgotten_by_a_retry()
    {
        var job = await AddAsync(new CostStretch(0, 3, 1));
        await ClaimAsync(job, 0, 1, 2);
        await ChangeAllAsync(job, (row, task) => task.TryAgain(row, null, isCharged: task.Index == 1));
        await ClaimAsync(job, 0, 1, 2);
        await ChangeAllAsync(job, (row, task) => task.GiveUp(row, FailureCodes.StoreRefused, "No.", Noon));
        Assert.Equal([("failed", 2, 1, 1), ("failed", 2, 2, 0), ("failed", 2, 1, 1)], await CountsAsync());
        await ChangeAsync(job, 0, (row, _) => row.Retry(row.Cost));

        await Record.WriteAsync(db => TrailingTasks.FollowAsync(db, job.Id, 0, Cancellation), Cancellation);

        Assert.Equal([("queued", 2, 0, 0), ("queued", 2, 0, 0), ("queued", 2, 0, 0)], await CountsAsync());

        async Task<IEnumerable<(string Status, int Attempt, int Charged, int Refusals)>> CountsAsync() =>
            (await TasksAsync(job)).Select(task => (task.Status, task.Attempt, task.Charged, task.Refusals));
    }

    [Fact]
    public async Task Claim_takes_queued_tasks_for_their_devices_and_books_them_on_the_job()
    {
        var job = await AddAsync(new CostStretch(0, 4, 1));

        var claimed = await ClaimAsync([Of(job, "alpha", 0, 1), Of(job, "beta", 2)]);

        Assert.Equal([(0, "alpha", 1), (1, "alpha", 1), (2, "beta", 1)], claimed.OrderBy(task => task.Index).Select(task => (task.Index, task.Worker, task.Attempt)));
        var tasks = await TasksAsync(job);
        Assert.Equal(["dispatched", "dispatched", "dispatched", "queued"], tasks.Select(task => task.Status));
        Assert.Equal(("beta", "cpu", 1, 1, Noon.AddSeconds(12)), (tasks[2].Worker, tasks[2].Device, tasks[2].Attempt, tasks[2].Charged, tasks[2].LeaseExpiresAt));
        var row = await JobAsync(job);
        Assert.Equal(("active", 1, 3, Noon, "p1"), (row.Status, row.TasksQueued, row.TasksDispatched, row.StartedAt, row.Profile));
    }

    [Fact]
    public async Task Claimed_task_is_not_claimed_again()
    {
        var job = await AddAsync(new CostStretch(0, 2, 1));
        await ClaimAsync(job, 0);

        var claimed = await ClaimAsync([Of(job, "beta", 0, 1)]);

        Assert.Equal([1], claimed.Select(task => task.Index));
        Assert.Equal("alpha", (await TasksAsync(job))[0].Worker);
        Assert.Equal(2, (await JobAsync(job)).TasksDispatched);
    }

    [Theory]
    [InlineData(WorkerStatuses.Left, false, 0)]
    [InlineData(WorkerStatuses.Lost, false, 0)]
    [InlineData(WorkerStatuses.Active, true, 0)]
    [InlineData(WorkerStatuses.Active, false, 2)]
    public async Task Worker_that_left_was_lost_or_drained_since_it_was_chosen_gets_nothing(string status, bool isDrained, int claims)
    {
        var job = await AddAsync(new CostStretch(0, 3, 1));
        await Record.WriteAsync(
            db => Task.FromResult(db.Workers.Add(new FarmWorker
            {
                Name = "alpha",
                Incarnation = Guid.NewGuid(),
                Checkpoints = [],
                FirstSeenAt = Noon,
                LastSeenAt = Noon,
                Status = status,
                DrainedAt = isDrained ? Noon : null,
            })),
            Cancellation);

        var claimed = await ClaimAsync([Of(job, "alpha", 0, 1), Of(job, "beta", 2)]);

        Assert.Equal(claims, claimed.Count(task => task.Worker == "alpha"));
        Assert.Equal("dispatched", (await TasksAsync(job))[2].Status);
        Assert.Equal((2 - claims, claims + 1), ((await JobAsync(job)).TasksQueued, (await JobAsync(job)).TasksDispatched));
    }

    [Fact]
    public async Task Claims_made_at_once_never_take_a_task_twice()
    {
        var job = await AddAsync(new CostStretch(0, 200, 1));
        int[] all = [.. Enumerable.Range(0, 200)];

        var claims = await Task.WhenAll(Enumerable.Range(0, 8).Select(number => Task.Run(() => ClaimAsync([Of(job, $"worker-{number}", all)]))));

        Assert.Equal(all, claims.SelectMany(claim => claim).Select(task => task.Index).Order());
        var row = await JobAsync(job);
        Assert.Equal((0, 200), (row.TasksQueued, row.TasksDispatched));
    }

    [Fact]
    public async Task Claims_and_reports_at_once_lose_no_count()
    {
        var job = await AddAsync(new CostStretch(0, 120, 1));
        await ClaimAsync([Of(job, "alpha", [.. Enumerable.Range(0, 60)])]);

        await Task.WhenAll(
            Task.WhenAll(Enumerable.Range(0, 60).Select(index => Task.Run(() => ChangeAsync(job, index, (row, task) => task.Start(row, new RunId(Guid.NewGuid()), Noon))))),
            Task.WhenAll(Enumerable.Range(60, 60).Select(index => Task.Run(() => ClaimAsync([Of(job, "beta", index)])))));

        var row = await JobAsync(job);
        Assert.Equal((0, 60, 60), (row.TasksQueued, row.TasksDispatched, row.TasksRunning));
        Assert.Equal(60, (await TasksAsync(job)).Count(task => task.Status == "running"));
    }

    [Fact]
    public async Task One_key_sent_at_once_makes_one_job()
    {
        var jobs = Enumerable.Range(0, 6).Select(_ => NewJob(1, "once")).ToList();

        var outcomes = await Task.WhenAll(jobs.Select(job => Task.Run(async () =>
        {
            try
            {
                await AddJobAsync(job, [new(0, 1, 1)]);
                return true;
            }
            catch (DbUpdateException error) when (Database.IsUniqueViolation(error))
            {
                return false;
            }
        })));

        Assert.Single(outcomes, won => won);
        Assert.Equal(1, await Record.ReadAsync(db => db.Jobs.CountAsync(Cancellation), Cancellation));
        Assert.Equal(1, await Record.ReadAsync(db => db.Tasks.CountAsync(Cancellation), Cancellation));
    }

    [Fact]
    public async Task Write_that_fails_leaves_nothing_behind()
    {
        var job = NewJob(5);

        await Assert.ThrowsAsync<InvalidOperationException>(() => Record.AddAsync<int>(
            async db =>
            {
                db.Jobs.Add(job);
                await db.SaveChangesAsync(Cancellation);
                await Database.InsertTasksAsync(db, job.Id, [new(0, 5, 1)], Cancellation);
                throw new InvalidOperationException("The power went.");
            },
            Cancellation));

        Assert.Equal(0, await Record.ReadAsync(db => db.Jobs.CountAsync(Cancellation), Cancellation));
        Assert.Equal(0, await Record.ReadAsync(db => db.Tasks.CountAsync(Cancellation), Cancellation));
    }
}
