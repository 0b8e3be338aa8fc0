using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Persistence.Postgres;
using RenderFarm.Coordinator.Reports;
using RenderFarm.Coordinator.Retention;
using RenderFarm.Hosting.Background;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator.Retention;

public class RetentionTests : CoordinatorTest
{
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);

    [Fact]
    public async Task Job_past_its_retention_goes_with_its_images_and_rows_and_others_stay()
    {
        await StartRenderingAsync();
        var kept = await RenderAsync(new { prompt = "kept", images = 2 });
        var gone = await RenderAsync(new { prompt = "gone", images = 2, retention_days = 7 });
        Assert.Equal(Clock.GetUtcNow() + Week, gone.DeleteAfter);
        Assert.Null(kept.DeleteAfter);

        Clock.Advance(Week - TimeSpan.FromMinutes(1));
        await PassAsync<JobRetention>();
        Assert.Equal(2, await ImagesAsync(gone));
        Clock.Advance(TimeSpan.FromMinutes(1));
        await PassAsync<JobRetention>();

        using var answer = await Host.Client.GetAsync($"/v1/jobs/{gone.Id}", Deadline);
        Assert.Equal(System.Net.HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal((0, 2), (await ImagesAsync(gone), await ImagesAsync(kept)));
        Assert.Equal([kept.Id], (await Host.GetAsync<Page<JobView>>("/v1/jobs", Deadline)).Items.Select(job => job.Id));
        Clock.Advance(TimeSpan.FromDays(2));
        await PassAsync<JobRetention>();
        Assert.Equal((1, 2, 1), await RowsAsync());
    }

    [Fact]
    public async Task Job_that_has_not_ended_keeps_its_images_however_old_it_is()
    {
        var worker = await StartWithWorkerAsync(configure: options => options.RetentionDays = 1);
        var job = await Host.SubmitAsync(new { prompt = "x", images = 2 }, Deadline);
        await worker.SucceedAsync((await worker.NextAsync(Deadline)).Attempt, new RunId(Guid.CreateVersion7(Clock.GetUtcNow())));
        await Host.UntilAsync(job.Id, view => view.Tasks.Completed == 1, Deadline);
        var ofOpenTask = await PutAsync(new AttemptId(job.Id, 1, 1), new RunId(Guid.CreateVersion7(Clock.GetUtcNow())));

        Clock.Advance(TimeSpan.FromDays(30));
        await PassAsync<JobRetention>();
        await PassAsync<OrphanSweeper>();

        Assert.Equal(2, await ImagesAsync(job));
        Assert.True(await IsThereAsync(ofOpenTask));
    }

    [Fact]
    public async Task Worker_that_has_been_gone_for_a_day_and_holds_nothing_is_forgotten_with_its_devices()
    {
        var (gone, drained, stays) = (new ScriptedWorker("gone", "cpu", Store), new ScriptedWorker("drained", "cpu", Store), new ScriptedWorker("stays", "cpu", Store));
        await StartAsync(null, gone, drained, stays);
        await AnnounceAsync(gone);
        await AnnounceAsync(drained);
        using (var answer = await Host.Client.PostAsync("/v1/workers/drained/drain", null, Deadline)) answer.EnsureSuccessStatusCode();
        await gone.LeaveAsync();
        await drained.LeaveAsync();
        await UntilAsync<Page<WorkerView>>("/v1/workers", page => page.Items.All(worker => worker.Status == "left"));

        Clock.Advance(TimeSpan.FromDays(1) - TimeSpan.FromSeconds(1));
        await AnnounceAsync(stays);
        await PassAsync<JobRetention>();
        Assert.Equal(["drained", "gone", "stays"], (await Host.GetAsync<Page<WorkerView>>("/v1/workers", Deadline)).Items.Select(worker => worker.Name));
        Clock.Advance(TimeSpan.FromSeconds(1));
        await PassAsync<JobRetention>();

        Assert.Equal(["drained", "stays"], (await Host.GetAsync<Page<WorkerView>>("/v1/workers", Deadline)).Items.Select(worker => worker.Name));
        var devices = await Host.Services.GetRequiredService<FarmRecord>().ReadAsync(db => db.Devices.Select(device => device.Worker).Order().ToListAsync(Deadline), Deadline);
        Assert.Equal(["drained", "stays"], devices);
        var said = await Host.Services.GetRequiredService<FarmRecord>().ReadAsync(db => db.DeviceCapabilities.Select(device => device.Worker).Order().ToListAsync(Deadline), Deadline);
        Assert.Equal(["drained", "stays"], said);
    }

    [Fact]
    public async Task Retention_of_the_farm_holds_for_jobs_that_name_none()
    {
        await StartRenderingAsync(3);

        Assert.Equal(Clock.GetUtcNow() + TimeSpan.FromDays(3), (await RenderAsync(new { prompt = "x" })).DeleteAfter);
        Assert.Equal(Clock.GetUtcNow() + TimeSpan.FromDays(5), (await RenderAsync(new { prompt = "x", retention_days = 5 })).DeleteAfter);
    }

    [Fact]
    public async Task Key_of_a_deleted_job_is_free_again()
    {
        await StartRenderingAsync(1);
        var first = await SubmitAsync();
        await Host.UntilAsync(first.Id, job => job.EndedAt is not null, Deadline);
        Clock.Advance(TimeSpan.FromDays(1));
        await PassAsync<JobRetention>();

        Assert.NotEqual(first.Id, (await SubmitAsync()).Id);

        async Task<JobView> SubmitAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/jobs") { Content = new StringContent("""{"prompt":"x"}""", null, "application/json") };
            request.Headers.Add("Idempotency-Key", "k");
            using var answer = await Host.Client.SendAsync(request, Deadline);
            Assert.Equal(System.Net.HttpStatusCode.Accepted, answer.StatusCode);
            return (await System.Net.Http.Json.HttpContentJsonExtensions.ReadFromJsonAsync<JobView>(answer.Content, FarmJson.Options, Deadline))!;
        }
    }

    [Fact]
    public async Task Sweeper_removes_old_images_that_no_record_names_and_nothing_else()
    {
        await StartRenderingAsync();
        var job = await RenderAsync(new { prompt = "x", images = 1 });
        var (old, young) = (new RunId(Guid.CreateVersion7(Clock.GetUtcNow())), new RunId(Guid.CreateVersion7(Clock.GetUtcNow() + TimeSpan.FromDays(2))));
        var orphan = await PutAsync(new AttemptId(job.Id, 0, 1), old);
        var onItsWay = await PutAsync(new AttemptId(job.Id, 0, 2), young);
        var ofNobody = await PutAsync(new AttemptId(JobId.New(Clock), 0, 1), old);
        var foreign = new ObjectKey("images/readme.txt");
        await Store.PutAsync(foreign, new byte[1], "text/plain", Deadline);
        Clock.Advance(TimeSpan.FromDays(2));

        await PassAsync<OrphanSweeper>();
        await PassAsync<OrphanSweeper>();

        Assert.Equal((false, true, false, true), (await IsThereAsync(orphan), await IsThereAsync(onItsWay), await IsThereAsync(ofNobody), await IsThereAsync(foreign)));
        Assert.Equal(2, await ImagesAsync(job));
    }

    [Fact]
    public async Task Job_whose_image_the_store_will_not_delete_keeps_no_other_from_being_deleted()
    {
        await StartRenderingAsync();
        var stuck = await RenderAsync(new { prompt = "stuck", images = 3, retention_days = 7 });
        var gone = await RenderAsync(new { prompt = "gone", images = 2, retention_days = 8 });
        var image = await FirstImageAsync(stuck);
        Store.Deleting = key => Keep(key == image);
        Clock.Advance(TimeSpan.FromDays(7));
        await PassAsync<JobRetention>();

        Clock.Advance(TimeSpan.FromDays(1));
        await PassAsync<JobRetention>();
        Assert.Equal((1, 0), (await ImagesAsync(stuck), await ImagesAsync(gone)));
        Clock.Advance(TimeSpan.FromDays(2));
        await PassAsync<JobRetention>();
        Assert.Equal((1, 3, 1), await RowsAsync());

        Store.Deleting = null;
        await PassAsync<JobRetention>();
        Clock.Advance(TimeSpan.FromDays(2));
        await PassAsync<JobRetention>();
        Assert.Equal((0, (0, 0, 0)), (await ImagesAsync(stuck), await RowsAsync()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Jobs_whose_images_stay_keep_no_other_from_being_deleted_however_many_they_are(bool isRefusal)
    {
        await StartRenderingAsync();
        var stuck = new HashSet<string>();
        for (var i = 0; i < 60; i++) stuck.Add(ObjectKey.ForJob((await RenderAsync(new { prompt = "stuck", retention_days = 7 })).Id));
        var gone = await RenderAsync(new { prompt = "gone", retention_days = 8 });
        Store.Deleting = key => Keep(stuck.Contains(key.Value[..(key.Value.LastIndexOf('/') + 1)]), isRefusal);
        Clock.Advance(TimeSpan.FromDays(7));
        await PassAsync<JobRetention>();
        Clock.Advance(TimeSpan.FromDays(1));

        // Ten that look like the store's absence end a pass: seven passes.
        for (var pass = 0; pass < 7; pass++) await PassAsync<JobRetention>();

        Assert.Equal(0, await ImagesAsync(gone));
    }

    [Fact]
    public async Task Orphan_that_the_store_will_not_delete_keeps_no_other_from_being_deleted()
    {
        await StartRenderingAsync();
        var run = new RunId(Guid.CreateVersion7(Clock.GetUtcNow()));
        var job = JobId.New(Clock);
        var (stuck, gone) = (await PutAsync(new AttemptId(job, 0, 1), run), await PutAsync(new AttemptId(job, 1, 1), run));
        Store.Deleting = key => Keep(key == stuck);
        Clock.Advance(TimeSpan.FromDays(2));

        await PassAsync<OrphanSweeper>();
        await PassAsync<OrphanSweeper>();
        Assert.Equal((true, false), (await IsThereAsync(stuck), await IsThereAsync(gone)));

        Store.Deleting = null;
        await PassAsync<OrphanSweeper>();
        Assert.False(await IsThereAsync(stuck));
    }

    [Fact]
    public async Task Orphans_that_stay_keep_no_other_from_being_deleted_however_many_they_are()
    {
        await StartRenderingAsync();
        var run = new RunId(Guid.CreateVersion7(Clock.GetUtcNow()));
        var job = JobId.New(Clock);
        var stuck = new HashSet<ObjectKey>();
        for (var index = 0; index < 150; index++) stuck.Add(await PutAsync(new AttemptId(job, index, 1), run));
        var gone = await PutAsync(new AttemptId(job, 150, 1), run);
        Store.Deleting = key => Keep(stuck.Contains(key));
        Clock.Advance(TimeSpan.FromDays(2));

        await PassAsync<OrphanSweeper>();
        await PassAsync<OrphanSweeper>();

        Assert.False(await IsThereAsync(gone));
    }

    [Fact]
    public async Task Report_for_a_job_that_retention_has_hidden_is_refused_and_its_image_is_left_to_the_sweeper()
    {
        await StartRenderingAsync();
        var job = await RenderAsync(new { prompt = "x", images = 1, retention_days = 1 });
        var (attempt, run) = (new AttemptId(job.Id, 0, 1), new RunId(Guid.CreateVersion7(Clock.GetUtcNow())));
        var late = await PutAsync(attempt, run);
        await Host.Services.GetRequiredService<FarmRecord>().WriteAsync(HideAsync, Deadline);

        var writer = Host.Services.GetRequiredService<ReportWriter>();
        await writer.ReportAsync(new StartReport(attempt, run, "alpha"), Deadline);
        await writer.ReportAsync(new SuccessReport(attempt, run, "alpha", new StoredImage(late.Value, new string('0', 64), 1, 1, "p")), Deadline);
        await writer.ReportAsync(new FailureReport(attempt, run, "alpha", new AttemptFailure(FailureCodes.EngineFailed, true, "No.")), Deadline);
        await writer.ReportAsync(new ReturnReport(attempt, run, "alpha"), Deadline);

        Assert.True(await IsThereAsync(late));
        Clock.Advance(TimeSpan.FromDays(2));
        await PassAsync<OrphanSweeper>();
        await PassAsync<OrphanSweeper>();
        Assert.False(await IsThereAsync(late));

        // As far as retention has come when it is cut short: the images that there were are gone, and the rows are still there.
        async Task<int> HideAsync(FarmDbContext db)
        {
            var row = await db.Jobs.SingleAsync(found => found.Id == job.Id, Deadline);
            row.Hide(Clock.GetUtcNow());
            row.ImagesAreGone();
            return 0;
        }
    }

    private async Task StartRenderingAsync(int? days = null)
    {
        var worker = new ScriptedWorker("alpha", "cpu", Store) { Script = ScriptedWorker.Succeed };
        await StartAsync(options => options.RetentionDays = days, worker);
        await AnnounceAsync(worker);
    }

    private async Task<JobView> RenderAsync(object request)
    {
        var job = await Host.SubmitAsync(request, Deadline);
        return await Host.UntilAsync(job.Id, view => view.EndedAt is not null, Deadline);
    }

    private Task PassAsync<T>()
        where T : FarmLoop => Host.PassAsync<T>(Deadline);

    private async Task<int> ImagesAsync(JobView job)
    {
        var count = 0;
        await foreach (var _ in Store.ListAsync(ObjectKey.ForJob(job.Id), Deadline)) count++;
        return count;
    }

    private async Task<ObjectKey> FirstImageAsync(JobView job) => await Store.ListAsync(ObjectKey.ForJob(job.Id), Deadline).FirstAsync(Deadline);

    private static void Keep(bool isKept, bool isRefusal = true)
    {
        if (isKept) throw new ObjectStoreException("The object store keeps this one for this test.") { IsRefusal = isRefusal };
    }

    private async Task<ObjectKey> PutAsync(AttemptId attempt, RunId run)
    {
        var key = ObjectKey.ForImage(attempt, run, ImageFormats.Png);
        await Store.PutAsync(key, new byte[1], "image/png", Deadline);
        return key;
    }

    private async Task<bool> IsThereAsync(ObjectKey key) => await Store.SizeAsync(key, Deadline) is not null;

    private Task<(int Jobs, int Tasks, int Sweeps)> RowsAsync() => Host.Services.GetRequiredService<FarmRecord>().ReadAsync(
        async db => (await db.Jobs.IgnoreQueryFilters().CountAsync(Deadline), await db.Tasks.CountAsync(Deadline), await db.Sweeps.CountAsync(Deadline)), Deadline);
}

public sealed class RetentionOnPostgresTests : RetentionTests
{
    [Fact]
    public async Task Day_is_dropped_when_the_last_of_its_jobs_has_lost_its_images()
    {
        var database = new PostgresDatabase(await PostgresRecord.NewAsync(), TimeSpan.FromSeconds(30));
        await using var _ = database;
        var record = new FarmRecord(database);
        var noon = Clock.GetUtcNow();
        foreach (var (at, days) in new (DateTimeOffset, int?)[] { (noon, 1), (noon.AddHours(1), 1), (noon.AddDays(1), 1), (noon.AddDays(1), null) })
            await AddAsync(AJob.Submitted(at, 3, null, days));

        Assert.Equal(2, (await database.Partitions.AllAsync(Deadline)).Count);
        Assert.Empty(await database.EndedDaysAsync(noon.AddDays(9), Deadline));
        await PurgeAsync(noon.AddHours(12));
        var (first, end) = Assert.Single(await database.EndedDaysAsync(noon.AddDays(9), Deadline));
        Assert.Equal(TaskPartition.Of(noon), TaskPartition.Of(first));
        Assert.Equal(TaskPartition.Of(noon.AddDays(1)), TaskPartition.Of(end));
        Assert.Empty(await database.EndedDaysAsync(noon.AddDays(1), Deadline));

        await database.DropDayAsync(first, Deadline);

        Assert.Equal([TaskPartition.Of(noon.AddDays(1))], await database.Partitions.AllAsync(Deadline));
        Assert.Equal(6, await record.ReadAsync(db => db.Tasks.CountAsync(Deadline), Deadline));

        Task<int> AddAsync(RenderFarm.Coordinator.Jobs.RenderJob job) => record.AddAsync(
            async db =>
            {
                db.Jobs.Add(job);
                await db.SaveChangesAsync(Deadline);
                await database.InsertTasksAsync(db, job.Id, [new(0, 3, 1)], Deadline);
                return 0;
            },
            Deadline);

        Task<int> PurgeAsync(DateTimeOffset before) => record.WriteAsync(
            db => db.Jobs.Where(job => job.CreatedAt < before).ExecuteUpdateAsync(job => job.SetProperty(j => j.PurgedAt, before), Deadline), Deadline);
    }

    protected override Task<string> NewRecordAsync() => PostgresRecord.NewAsync();
}
