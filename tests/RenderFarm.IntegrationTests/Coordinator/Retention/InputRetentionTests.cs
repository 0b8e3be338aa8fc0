using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Coordinator.Inputs;
using RenderFarm.Coordinator.Leadership;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Retention;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Imaging;
using RenderFarm.Testing.Coordinator;
using RenderFarm.Testing.Imaging;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator.Retention;

public class InputRetentionTests : CoordinatorTest
{
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);
    private static readonly CanonicalPicture Disc = CanonicalPicture.Of(APicture.RedDisc());
    private static readonly CanonicalPicture Other = CanonicalPicture.Of(APicture.RedDisc(72, 40));
    private static readonly CanonicalPicture Stray = CanonicalPicture.Of(APicture.RedDisc(40, 72));

    [Fact]
    public async Task Picture_that_no_job_names_goes_after_its_grace_and_one_that_is_named_stays()
    {
        await StartRenderingAsync();
        await SendAsync(Disc);
        await SendAsync(Other);
        await RenderAsync(new { prompt = "x", init_image = Disc.Digest });

        Clock.Advance(Week - TimeSpan.FromMinutes(1));
        await SweepAsync();
        Assert.Equal((true, true), (await IsThereAsync(Disc), await IsThereAsync(Other)));
        Clock.Advance(TimeSpan.FromMinutes(1));
        await SweepAsync();

        Assert.Equal((true, false), (await IsThereAsync(Disc), await IsThereAsync(Other)));
        Assert.Equal(HttpStatusCode.Created, await SendAsync(Other));
    }

    [Fact]
    public async Task Picture_goes_when_the_last_job_that_names_it_is_gone()
    {
        await StartRenderingAsync();
        await SendAsync(Disc);
        await RenderAsync(new { prompt = "x", init_image = Disc.Digest, mask = Disc.Digest, retention_days = 30 });
        Clock.Advance(TimeSpan.FromDays(30));
        await SweepAsync();
        Assert.True(await IsThereAsync(Disc));

        await Host.PassAsync<JobRetention>(Deadline);
        Clock.Advance(TimeSpan.FromDays(2));
        await Host.PassAsync<JobRetention>(Deadline);
        await SweepAsync();

        Assert.False(await IsThereAsync(Disc));
    }

    [Fact]
    public async Task Picture_that_is_sent_or_named_again_has_its_time_anew()
    {
        await StartRenderingAsync();
        await SendAsync(Disc);
        Clock.Advance(Week - TimeSpan.FromHours(1));
        await SendAsync(Disc);
        Clock.Advance(Week - TimeSpan.FromHours(1));
        await SweepAsync();
        Assert.True(await IsThereAsync(Disc));

        // Refused for its strength: no job, but a use.
        using var refused = await Host.Client.PostAsJsonAsync("/v1/jobs", new { prompt = "x", init_image = Disc.Digest, strength = 7 }, Deadline);
        Clock.Advance(Week - TimeSpan.FromHours(1));
        await SweepAsync();

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.True(await IsThereAsync(Disc));
    }

    [Fact]
    public async Task Nobody_may_count_on_a_picture_that_is_being_deleted_and_the_next_pass_ends_what_a_crash_cut_short()
    {
        await StartRenderingAsync();
        await SendAsync(Disc);
        await Host.Services.GetRequiredService<FarmRecord>().WriteAsync(
            db => db.Inputs.ExecuteUpdateAsync(input => input.SetProperty(i => i.IsLeaving, true), Deadline), Deadline);

        using var job = await Host.Client.PostAsJsonAsync("/v1/jobs", new { prompt = "x", init_image = Disc.Digest }, Deadline);
        var sent = await SendAsync(Disc);
        await SweepAsync();

        Assert.Equal((HttpStatusCode.UnprocessableEntity, HttpStatusCode.ServiceUnavailable), (job.StatusCode, sent));
        Assert.False(await IsThereAsync(Disc));
        Assert.Equal(HttpStatusCode.Created, await SendAsync(Disc));
    }

    [Fact]
    public async Task Picture_without_a_row_gets_its_time_and_foreign_objects_stay()
    {
        await StartRenderingAsync();
        await Store.PutAsync(ObjectKey.ForInput(Disc.Digest), Disc.File, "image/png", Deadline);
        var foreign = new ObjectKey("inputs/readme.txt");
        await Store.PutAsync(foreign, new byte[1], "text/plain", Deadline);

        await SweepAsync();
        Clock.Advance(Week - TimeSpan.FromMinutes(1));
        await SweepAsync();
        Assert.True(await IsThereAsync(Disc));
        Clock.Advance(TimeSpan.FromMinutes(1));
        await SweepAsync();

        Assert.Equal((false, true), (await IsThereAsync(Disc), await Store.SizeAsync(foreign, Deadline) is not null));
    }

    [Fact]
    public async Task Picture_that_the_store_will_not_delete_keeps_no_other_from_being_deleted_and_no_stray_from_its_time()
    {
        await StartRenderingAsync();
        await SendAsync(Disc);
        Clock.Advance(TimeSpan.FromHours(1));
        await SendAsync(Other);
        await Store.PutAsync(ObjectKey.ForInput(Stray.Digest), Stray.File, "image/png", Deadline);
        Store.Deleting = key => Keep(key == ObjectKey.ForInput(Disc.Digest));
        Clock.Advance(Week);

        await SweepAsync();
        Assert.Equal((true, false), (await IsThereAsync(Disc), await IsThereAsync(Other)));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await SendAsync(Disc));
        Clock.Advance(Week);
        await SweepAsync();
        Assert.False(await IsThereAsync(Stray));

        Store.Deleting = null;
        await SweepAsync();
        Assert.False(await IsThereAsync(Disc));
        Assert.Equal(HttpStatusCode.Created, await SendAsync(Disc));
    }

    [Fact]
    public async Task Pictures_that_stay_keep_no_other_from_being_deleted_however_many_they_are()
    {
        await StartRenderingAsync();
        var record = Host.Services.GetRequiredService<FarmRecord>();
        await record.WriteAsync(
            db =>
            {
                db.Inputs.AddRange(Enumerable.Range(0, 600).Select(i => new StoredInput { Digest = $"{InputDigest.Prefix}{i:x64}", UsedAt = Clock.GetUtcNow() - Week - Week }));
                return Task.FromResult(0);
            },
            Deadline);
        await SendAsync(Disc);
        await AgeAsync(Disc);
        Store.Deleting = key => Keep(key != ObjectKey.ForInput(Disc.Digest));

        // A hundred end a pass: seven passes.
        for (var pass = 0; pass < 7; pass++) await SweepAsync();

        Assert.False(await IsThereAsync(Disc));
        Assert.Equal(600, await record.ReadAsync(db => db.Inputs.CountAsync(input => input.IsLeaving, Deadline), Deadline));
    }

    [Fact]
    public async Task Leader_that_was_replaced_deletes_no_further_picture()
    {
        await StartRenderingAsync();
        await SendAsync(Disc);
        await SendAsync(Other);
        await AgeAsync(Disc, Other);
        var epoch = Host.Services.GetRequiredService<ILeadership>().Epoch;
        var leadership = new Replaceable { Epoch = epoch };
        using var sweeper = ActivatorUtilities.CreateInstance<InputSweeper>(Host.Services, leadership);
        // Frozen for as long as the first deletion takes; it leads again, and what it had marked may have come anew meanwhile.
        Store.Deleting = _ => leadership.Epoch = epoch + 1;

        var pass = sweeper.NextPass();
        await sweeper.StartAsync(Deadline);
        await pass.WaitAsync(Deadline);
        pass = sweeper.NextPass();
        sweeper.Wake();
        await pass.WaitAsync(Deadline);
        await sweeper.StopAsync(Deadline);

        Assert.Single(new[] { await IsThereAsync(Disc), await IsThereAsync(Other) }, isThere => isThere);
    }

    [Fact]
    public async Task Job_of_the_shape_before_this_one_keeps_its_pictures()
    {
        await StartRenderingAsync();
        await SendAsync(Disc);
        await RenderAsync(new { prompt = "x", init_image = Disc.Digest, mask = Disc.Digest });
        await RenderAsync(new { prompt = "y" });
        await using var db = Host.Services.GetRequiredService<IDatabase>().CreateDbContext();
        var before = db.Database.GetMigrations().TakeWhile(name => !name.EndsWith("_Inputs", StringComparison.Ordinal)).Last();

        var migrations = db.GetInfrastructure().GetRequiredService<IMigrator>();
        await migrations.MigrateAsync(before, Deadline);
        await migrations.MigrateAsync(cancellationToken: Deadline);

        Assert.Equal([Disc.Digest], await db.JobInputs.Select(use => use.Digest).ToListAsync(Deadline));
        Clock.Advance(TimeSpan.FromDays(1));
        await SweepAsync();
        Clock.Advance(Week);
        await SweepAsync();
        Assert.True(await IsThereAsync(Disc));
    }

    private async Task StartRenderingAsync()
    {
        var worker = new ScriptedWorker("alpha", "cpu", Store) { Script = ScriptedWorker.Succeed };
        await StartAsync(null, worker);
        await AnnounceAsync(worker);
        // Its first pass sweeps nothing.
        await SweepAsync();
    }

    // Long enough unused; without a step of the clock, which would wake the coordinator's own sweeper.
    private Task<int> AgeAsync(params CanonicalPicture[] pictures)
    {
        var (digests, before) = (pictures.Select(picture => picture.Digest).ToArray(), Clock.GetUtcNow() - Week);
        return Host.Services.GetRequiredService<FarmRecord>().WriteAsync(
            db => db.Inputs.Where(input => digests.Contains(input.Digest)).ExecuteUpdateAsync(input => input.SetProperty(i => i.UsedAt, before), Deadline), Deadline);
    }

    private static void Keep(bool isKept)
    {
        if (isKept) throw new ObjectStoreException("The object store keeps this one for this test.") { IsRefusal = true };
    }

    private Task SweepAsync() => Host.PassAsync<InputSweeper>(Deadline);

    private async Task<HttpStatusCode> SendAsync(CanonicalPicture picture)
    {
        using var body = new ByteArrayContent(picture.File.ToArray()) { Headers = { ContentType = new MediaTypeHeaderValue("image/png") } };
        using var answer = await Host.Client.PostAsync("/v1/inputs", body, Deadline);
        return answer.StatusCode;
    }

    private async Task RenderAsync(object request)
    {
        var job = await Host.SubmitAsync(request, Deadline);
        await Host.UntilAsync(job.Id, view => view.EndedAt is not null, Deadline);
    }

    private async Task<bool> IsThereAsync(CanonicalPicture picture) => await Store.SizeAsync(ObjectKey.ForInput(picture.Digest), Deadline) is not null;

    private sealed class Replaceable : ILeadership
    {
        public event Action? Gained
        {
            add { }
            remove { }
        }

        public long? Epoch { get; set; }
    }
}

public sealed class InputRetentionOnPostgresTests : InputRetentionTests
{
    protected override Task<string> NewRecordAsync() => PostgresRecord.NewAsync();
}
