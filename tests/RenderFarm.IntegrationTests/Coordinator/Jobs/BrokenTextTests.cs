using System.Net;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Contracts.Workers;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator.Jobs;

/// <summary>Workers say what no record can keep as it is: U+0000, which PostgreSQL refuses, and halves of surrogate pairs, which have no UTF-8 form. What they say counts all the same.</summary>
public class BrokenTextTests : CoordinatorTest
{
    [Fact]
    public async Task Failure_whose_text_cannot_be_kept_ends_its_task_with_U_FFFD_where_it_was_broken()
    {
        var worker = await StartWithWorkerAsync();
        var job = await Host.SubmitAsync(new { prompt = "x" }, Deadline);

        await worker.FailAsync((await worker.NextAsync(Deadline)).Attempt, new AttemptFailure("not\0finite", false, "broken \0 text, half \ud83d a pair\0"));

        await Host.UntilAsync(job.Id, view => view.Status == "failed", Deadline);
        Assert.Equal(new FailureView("not\ufffdfinite", "broken \ufffd text, half \ufffd a pair\ufffd"), (await TasksAsync(job))[0].Failure);
    }

    [Fact]
    public async Task Failures_whose_text_cannot_be_kept_are_tried_again_and_count_against_their_worker()
    {
        var worker = await StartWithWorkerAsync(configure: options => (options.QuarantineFaults, options.MaxAttempts) = (2, 2));
        var job = await Host.SubmitAsync(new { prompt = "x", images = 2 }, Deadline);
        var attempts = new[] { (await worker.NextAsync(Deadline)).Attempt, (await worker.NextAsync(Deadline)).Attempt };

        await worker.ReportAsync([.. attempts.Select(attempt => new AttemptFailed(attempt, new(Guid.NewGuid()), worker.Name, new(FailureCodes.EngineFailed, true, "It hic\0cuped.")))]);

        await Host.UntilAsync(job.Id, view => view.Tasks.Queued == 2, Deadline);
        var quarantine = (await Host.GetAsync<Page<WorkerView>>("/v1/workers", Deadline)).Items.Single().Quarantine!;
        Assert.EndsWith("the last one said: It hic\ufffdcuped.", quarantine.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Worker_is_known_by_what_can_be_kept_of_what_it_announces_and_its_images_count()
    {
        var worker = await StartWithWorkerAsync(one =>
        {
            one.Profile = "onnxruntime\0/cpu";
            one.Checkpoints = [ScriptedWorker.Checkpoint("de\0mo", ScriptedWorker.Digest)];
            one.Upscalers = [new UpscalerDescription("4x\0sharp", "sha256:\0")];
            one.Says = said => said with { Provider = "c\0pu", Resident = ["half \ud83d a pair"] };
        });
        var job = await Host.SubmitAsync(new { prompt = "x", model = "de\ufffdmo", hires = new { scale = 2, upscaler = "4x\ufffdsharp" } }, Deadline);

        await worker.SucceedAsync((await worker.NextAsync(Deadline)).Attempt);

        var ended = await Host.UntilAsync(job.Id, view => view.Status == "completed", Deadline);
        Assert.Equal(("de\ufffdmo", "sha256:\ufffd"), (ended.Model, ended.Sweep.Hires!.Upscaler));
        Assert.Equal("onnxruntime\ufffd/cpu", (await TasksAsync(job))[0].Profile);
        Assert.Equal("onnxruntime\ufffd/cpu", (await Host.GetAsync<Page<WorkerView>>("/v1/workers", Deadline)).Items.Single().Devices.Single().Profile);
    }

    [Fact]
    public async Task Worker_whose_name_cannot_be_kept_is_heard_under_what_can_be_kept_of_it()
    {
        await StartAsync();
        var worker = new ScriptedWorker("al\0pha", "c\0pu", Store) { Bus = Host.Services.GetRequiredService<IBus>() };
        await worker.AnnounceAsync();
        await worker.AnnounceAsync();
        var announced = await UntilShownAsync(_ => true);
        Clock.Advance(TimeSpan.FromSeconds(1));

        await worker.BeatAsync();
        var beaten = await UntilShownAsync(shown => shown.LastSeenAt > announced.LastSeenAt);
        await worker.LeaveAsync();

        Assert.Equal(("al\ufffdpha", "c\ufffdpu"), (beaten.Name, beaten.Devices.Single().Device));
        await UntilShownAsync(shown => shown.Status == "left");
    }

    [Fact]
    public async Task Name_in_a_path_that_no_record_can_keep_is_nobodys()
    {
        await StartWithWorkerAsync();

        using var answer = await Host.Client.PostAsync("/v1/workers/al%00pha/drain", null, Deadline);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    private async Task<WorkerView> UntilShownAsync(Func<WorkerView, bool> expected) =>
        (await UntilAsync<Page<WorkerView>>("/v1/workers", page => page.Items.Count == 1 && expected(page.Items[0]))).Items[0];
}
