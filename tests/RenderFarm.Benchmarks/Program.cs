using System.Globalization;
using BenchmarkDotNet.Running;
using RenderFarm.Benchmarks;
using RenderFarm.Benchmarks.Farm;
using RenderFarm.Benchmarks.Faults;
using RenderFarm.Benchmarks.Record;
using RenderFarm.Benchmarks.Schedule;
using RenderFarm.Benchmarks.StableDiffusion15;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

const string Usage = """
    usage: dotnet run -c Release --project tests/RenderFarm.Benchmarks -- WHAT [--pairs N]

      engine   step loop ÷ bare session.Run, and managed allocation per step
      embedded embedded farm ÷ bare pipeline loop, images/s
      farm     the whole farm under load, with real servers and processes: farm --help
      batch    16 images in flight ÷ one at a time, images/s
      overlap  images encoded and uploaded ÷ dropped, images/s (about 3 minutes)
      cold     the built program, 4 demo images, start-up included
      ratios   engine, batch, embedded and cold
      determinism  pipelines that are reproducible ÷ fast, images/s
      record   PostgreSQL: a million tasks submitted, a round with a million pending ÷ with a thousand, and beside an open transaction (about 4 minutes; --pairs 10)
      sd15     a 512x512 guided step of an SD1.5-shaped UNet ÷ ONNX Runtime's best kernel, and its memory (3.4 GB in the temporary folder; 5 GB of memory)
      schedule step-level batching on a simulated device against request-level policies (virtual clock)
      adherence  prompts followed by guidance scale: 50 PLMS steps, one job of 480 images, with a sheet
      kill-matrix  workers killed at 8 points x 25 seeds x 20 jobs, on real servers (about 15 minutes)
      rescue   silence to rescue at production settings: killed, frozen, half-open, 20 trials each (about 5 minutes)
      zombies  40 workers and 10 leaders frozen for three leases (about 3 minutes)
      outages  broker, database and store restarted, away, frozen and ill (about 20 minutes)
      micro    BenchmarkDotNet: samplers, noise, tokenizer (further arguments go to it)

    Results are printed and written to tests/RenderFarm.Benchmarks/results/.
    """;

var pairs = args is [_, "--pairs", var count] ? int.Parse(count, CultureInfo.InvariantCulture) : 30;
switch (args.FirstOrDefault())
{
    case "micro":
        BenchmarkSwitcher.FromAssembly(typeof(Results).Assembly).Run(args[1..]);
        return 0;
    case "farm":
        if (args is [_, "--help"]) Console.WriteLine(LoadOptions.Usage);
        else return await FarmLoad.RunAsync(LoadOptions.Parse(args[1..])) ? 0 : 1;
        return 0;
    case "schedule":
        return ScheduleBenchmark.Run(new Results(pairs: 1)) ? 0 : 1;
    case "engine" or "embedded" or "batch" or "overlap" or "cold" or "adherence" or "determinism" or "record" or "sd15" or "ratios" or "kill-matrix" or "rescue" or "zombies" or "outages":
        var what = args[0];
        var results = new Results(pairs);
        if (what is "engine" or "ratios") await EngineBenchmark.RunAsync(results);
        if (what is "batch" or "ratios") await BatchBenchmark.RunAsync(results);
        if (what is "overlap") await OverlapBenchmark.RunAsync(results);
        if (what is "embedded" or "ratios") await EmbeddedBenchmark.RunAsync(results);
        if (what is "cold" or "ratios") await ColdStartBenchmark.RunAsync(results);
        if (what is "determinism") await DeterminismBenchmark.RunAsync(results);
        if (what is "record") await RecordBenchmark.RunAsync(results);
        if (what is "sd15") await StepBenchmark.RunAsync(results);
        if (what is "adherence") await AdherenceBenchmark.RunAsync(results);
        if (what is "kill-matrix") await FaultBenchmarks.KillMatrixAsync(results);
        if (what is "rescue") await FaultBenchmarks.RescueAsync(results);
        if (what is "zombies") await FaultBenchmarks.ZombiesAsync(results);
        if (what is "outages") await FaultBenchmarks.OutagesAsync(results);
        return results.Write(what) ? 0 : 1;
    default:
        Console.Error.WriteLine(Usage);
        return 2;
}
