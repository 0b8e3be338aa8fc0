using System.Globalization;
using BenchmarkDotNet.Running;
using RenderFarm.Benchmarks;
using RenderFarm.Benchmarks.Schedule;
using RenderFarm.Benchmarks.StableDiffusion15;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

const string Usage = """
    usage: dotnet run -c Release --project tests/RenderFarm.Benchmarks -- WHAT [--pairs N]

      engine   step loop ÷ bare session.Run, and managed allocation per step
      farm     embedded farm ÷ bare pipeline loop, images/s
      batch    16 images in flight ÷ one at a time, images/s
      overlap  images encoded and uploaded ÷ dropped, images/s (about 3 minutes)
      cold     the built program, 4 demo images, start-up included
      ratios   engine, batch, farm and cold
      determinism  pipelines that are reproducible ÷ fast, images/s
      sd15     a 512x512 guided step of an SD1.5-shaped UNet ÷ ONNX Runtime's best kernel, and its memory (3.4 GB in the temporary folder; 5 GB of memory)
      schedule step-level batching on a simulated device against request-level policies (virtual clock)
      adherence  prompts followed by guidance scale: 50 PLMS steps, one job of 480 images, with a sheet
      micro    BenchmarkDotNet: samplers, noise, tokenizer (further arguments go to it)

    Results are printed and written to tests/RenderFarm.Benchmarks/results/.
    """;

var pairs = args is [_, "--pairs", var count] ? int.Parse(count, CultureInfo.InvariantCulture) : 30;
switch (args.FirstOrDefault())
{
    case "micro":
        BenchmarkSwitcher.FromAssembly(typeof(Results).Assembly).Run(args[1..]);
        return 0;
    case "schedule":
        return ScheduleBenchmark.Run(new Results(pairs: 1)) ? 0 : 1;
    case "engine" or "farm" or "batch" or "overlap" or "cold" or "adherence" or "determinism" or "sd15" or "ratios":
        var what = args[0];
        var results = new Results(pairs);
        if (what is "engine" or "ratios") await EngineBenchmark.RunAsync(results);
        if (what is "batch" or "ratios") await BatchBenchmark.RunAsync(results);
        if (what is "overlap") await OverlapBenchmark.RunAsync(results);
        if (what is "farm" or "ratios") await FarmBenchmark.RunAsync(results);
        if (what is "cold" or "ratios") await ColdStartBenchmark.RunAsync(results);
        if (what is "determinism") await DeterminismBenchmark.RunAsync(results);
        if (what is "sd15") await StepBenchmark.RunAsync(results);
        if (what is "adherence") await AdherenceBenchmark.RunAsync(results);
        return results.Write(what) ? 0 : 1;
    default:
        Console.Error.WriteLine(Usage);
        return 2;
}
