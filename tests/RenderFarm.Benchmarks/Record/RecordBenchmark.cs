using RenderFarm.Testing.Services;
using static System.FormattableString;

namespace RenderFarm.Benchmarks.Record;

/// <summary>The record's hot paths on PostgreSQL at their largest: a million tasks submitted, a million waiting, a stranger's transaction held open.</summary>
internal static class RecordBenchmark
{
    private const int Million = 1_000_000;
    private const int PerRound = 8;
    private const int ManyJobs = 100_000;
    private const int WideClaim = 2_000;
    private static readonly TimeSpan Held = TimeSpan.FromSeconds(60);

    public static async Task RunAsync(Results results)
    {
        await using var server = await PostgresService.StartAsync(durable: true);
        await ClaimsAsync(results, server);
        await ManyJobsAsync(results, server);
        await HeldAsync(results, server);
    }

    private static async Task ClaimsAsync(Results results, PostgresService server)
    {
        await using var large = await BenchRecord.NewAsync(server);
        await using var small = await BenchRecord.NewAsync(server);
        // The first job of a record also pays for code that is not compiled yet.
        await large.SubmitAsync(1_000);
        await small.SubmitAsync(1_000);
        await Task.WhenAll(Drain(large), Drain(small));
        List<double> seconds = [], megabytes = [];
        for (var time = 0; time < 3; time++)
        {
            var (elapsed, memory) = await large.SubmitAsync(Million);
            seconds.Add(elapsed.TotalSeconds);
            megabytes.Add(memory / 1e6);
        }

        results.AtMost("a job of 1,000,000 images accepted", "s", seconds, 10);
        results.AtMost("managed memory for that", "MB", megabytes, 200);

        List<double> ratios = [], ofLarge = [], ofSmall = [];
        for (var pair = 0; pair < results.Pairs; pair++)
        {
            await small.SubmitAsync(1_000);
            List<double> a = [], b = [];
            for (var round = 0; round < 100; round++)
            {
                a.Add(await large.ClaimAsync(PerRound));
                b.Add(await small.ClaimAsync(PerRound));
            }

            await Drain(small, 200);
            ratios.Add(Percentile95(a) / Percentile95(b));
            ofLarge.AddRange(a);
            ofSmall.AddRange(b);
        }

        results.Note("dispatch round of 8 tasks, 1,000 pending", "ms", ofSmall);
        results.Note("dispatch round of 8 tasks, 3,000,000 pending", "ms", ofLarge);
        results.AtMost("p95 of a round with a million pending or more ÷ with a thousand", "ratio", ratios, 2);
    }

    // A community's backlog: many people with one image each.
    private static async Task ManyJobsAsync(Results results, PostgresService server)
    {
        await using var many = await BenchRecord.NewAsync(server);
        await using var few = await BenchRecord.NewAsync(server);
        await many.SubmitSinglesAsync(ManyJobs);
        await few.SubmitSinglesAsync(ManyJobs / 100);
        List<double> ofMany = [], ofFew = [];
        for (var round = 0; round < results.Pairs * 20; round++)
        {
            ofMany.Add(await many.ClaimAsync(1));
            ofFew.Add(await few.ClaimAsync(1));
        }

        results.Note(Invariant($"dispatch round of 1 task, {ManyJobs / 100} jobs of one image waiting"), "ms", ofFew);
        results.Note(Invariant($"dispatch round of 1 task, {ManyJobs} jobs of one image waiting"), "ms", ofMany);
        results.AtMost("p95 of a round with a hundred times as many jobs waiting ÷ with few", "ratio", [Percentile95(ofMany) / Percentile95(ofFew)], 2);
        List<double> wide = [];
        for (var round = 0; round < 10; round++) wide.Add(await many.ClaimSinglesAsync(WideClaim));
        results.Note(Invariant($"claim of {WideClaim} tasks of as many jobs"), "ms", wide);
    }

    private static async Task HeldAsync(Results results, PostgresService server)
    {
        await using var free = await BenchRecord.NewAsync(server);
        await using var held = await BenchRecord.NewAsync(server);
        await free.SubmitAsync(Million);
        await held.SubmitAsync(Million);
        // In one minute each, a second of one after a second of the other: what else the machine does hits both.
        List<double> without = [], with = [];
        await using (await held.HoldAsync())
        {
            for (var second = TimeSpan.Zero; second < Held; second += TimeSpan.FromSeconds(2))
            {
                // As autovacuum does it sooner or later: what was prepared is planned anew, from what the tables have become.
                if (second == Held / 3) await Task.WhenAll(free.SettleAsync(), held.SettleAsync());
                without.AddRange(await free.ClaimForAsync(TimeSpan.FromSeconds(0.9), PerRound));
                with.AddRange(await held.ClaimForAsync(TimeSpan.FromSeconds(0.9), PerRound));
            }
        }

        results.Note("claims without, second by second", "tasks/s", without);
        results.Note("claims while another transaction is open for 60 s, second by second", "tasks/s", with);
        results.Note("claims with it ÷ without, the last 20 s", "ratio", without.Zip(with, (a, b) => b / a).TakeLast(10));
        results.AtLeast("claims with it ÷ without, all 60 s", "ratio", [with.Sum() / without.Sum()], 0.9);
    }

    private static async Task Drain(BenchRecord record, int left = 1_000)
    {
        for (var claimed = 0; claimed < left; claimed += PerRound) await record.ClaimAsync(PerRound);
    }

    private static double Percentile95(List<double> samples) => samples.Order().ElementAt((int)(samples.Count * 0.95));
}
