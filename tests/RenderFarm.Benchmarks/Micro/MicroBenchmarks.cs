using BenchmarkDotNet.Attributes;
using RenderFarm.Diffusion.Noise;
using RenderFarm.Diffusion.Sampling;
using RenderFarm.Diffusion.Text.Tokenization;
using RenderFarm.Testing;

namespace RenderFarm.Benchmarks.Micro;

/// <summary>One turn of each sampler on an SD1.5-sized latent (64×64), UNet excluded.</summary>
[MemoryDiagnoser]
public class SamplerTurn
{
    private readonly float[] _latent = new float[4 * 64 * 64];
    private readonly float[] _input = new float[4 * 64 * 64];
    private Sampler _sampler = null!;
    private SamplerState _state = null!;

    [ParamsSource(nameof(Names))]
    public string Name { get; set; } = "";

    public static IEnumerable<string> Names => SamplerCatalog.Names;

    [GlobalSetup]
    public void Setup()
    {
        _sampler = SamplerCatalog.Create(new TrainingSchedule(new TrainingScheduleOptions()), new SamplerSettings { Sampler = Name, Steps = 1000 });
        _state = Start();
    }

    [Benchmark]
    public void Turn()
    {
        if (_state.Finished) _state = Start();
        _state.WriteInput(_input);
        _state.Advance(_input);
    }

    private SamplerState Start() => _sampler.Start(_latent, NoiseStreams.Create("torch_cpu", 1));
}

/// <summary>Noise of one SD1.5-sized latent.</summary>
[MemoryDiagnoser]
public class NoiseDraw
{
    private readonly float[] _latent = new float[4 * 64 * 64];
    private INoiseStream _noise = null!;

    [ParamsSource(nameof(Names))]
    public string Name { get; set; } = "";

    public static IEnumerable<string> Names => NoiseStreams.Names;

    [GlobalSetup]
    public void Setup() => _noise = NoiseStreams.Create(Name, 42);

    [Benchmark]
    public void Draw() => _noise.Draw(_latent);
}

/// <summary>A prompt of ordinary length to token ids.</summary>
[MemoryDiagnoser]
public class Tokenize
{
    private readonly ClipTokenizer _tokenizer = ClipTokenizer.Load(Path.Combine(Repository.DemoCheckpoint, "tokenizer"));

    [Benchmark]
    public object Prompt() => _tokenizer.Tokenize("a small orange heart in the top left corner on a white background");
}
