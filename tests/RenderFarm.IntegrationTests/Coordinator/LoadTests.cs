using System.Diagnostics;
using RenderFarm.Contracts.Api;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator;

/// <summary>Figures rather than verdicts, so they run only when asked for: <c>-explicit only</c>.</summary>
public class LoadTests : CoordinatorTest
{
    [Fact(Explicit = true)]
    public async Task Million_images_are_accepted_and_canceled()
    {
        await StartWithWorkerAsync();
        var watch = Stopwatch.StartNew();
        var job = await Host.SubmitAsync(new { prompt = "x", images = 1_000_000, seed = 0 }, Deadline);
        Report("submit 1,000,000", watch);
        await Host.GetAsync<Page<TaskView>>($"/v1/jobs/{job.Id}/tasks?status=queued&cursor=900000", Deadline);
        Report("page of tasks", watch);
        await Host.Client.PostAsync($"/v1/jobs/{job.Id}/cancel", null, Deadline);
        Report("cancel", watch);
        TestContext.Current.TestOutputHelper!.WriteLine($"record {new FileInfo(Path.Combine(Folder, "farm.db")).Length / 1e6:N0} MB, peak memory {Process.GetCurrentProcess().PeakWorkingSet64 / 1e6:N0} MB");
    }

    [Fact(Explicit = true)]
    public async Task Images_a_second_that_the_coordinator_can_keep_up_with()
    {
        await StartWithWorkerAsync(shape: worker => (worker.Script, worker.Slots, worker.Speed) = (ScriptedWorker.Succeed, 512, 1e12));
        var watch = Stopwatch.StartNew();
        var job = await Host.SubmitAsync(new { prompt = "x", images = 20_000, seed = 0 }, Deadline);
        Report("submit 20,000", watch);
        await Host.UntilAsync(job.Id, view => view.Status == "completed", Deadline);
        Report("dispatch, report and record 20,000", watch);
    }

    private static void Report(string what, Stopwatch watch)
    {
        TestContext.Current.TestOutputHelper!.WriteLine($"{what}: {watch.Elapsed.TotalSeconds:N2} s");
        watch.Restart();
    }
}
