using Microsoft.ML.OnnxRuntime;
using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Engine;
using RenderFarm.Diffusion.Text;
using RenderFarm.Tests.Diffusion.Sampling;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Engine;

/// <summary>
/// A network whose prediction for a row depends on that row's latent, timestep and conditioning alone, with a hook in every call for faults that nature will
/// not supply on order. The first number of a prompt embedding names the image.
/// </summary>
internal sealed class FakeDenoiser(bool timestepPerRow = true, Action<FakeDenoiser.Call, RunOptions>? onRun = null) : IDenoiser
{
    private int _open;

    public int Channels => 4;

    public bool TimestepPerRow => timestepPerRow;

    /// <summary>The calls made, each with the names of the images whose rows it held.</summary>
    public List<float[]> Calls { get; } = [];

    /// <summary>Buffers not yet freed.</summary>
    public int Open => Volatile.Read(ref _open);

    public IDenoiserCall Prepare(int rows, LatentShape shape, int tokens, int textWidth, ExtraInputs extras = default)
    {
        Interlocked.Increment(ref _open);
        return new Call(this, rows, new CallShape(shape, tokens, textWidth, extras));
    }

    public void Run(IDenoiserCall call, RunOptions options)
    {
        var rows = (Call)call;
        var filled = Enumerable.Range(0, rows.Rows).Where(row => rows.Conditionings[row] is not null).ToArray();
        Calls.Add([.. filled.Select(row => rows.Conditionings[row]!.Text.Values[0]).Distinct()]);
        if (!timestepPerRow) Assert.Single(filled.Select(row => rows.Timesteps[row]).Distinct());
        try
        {
            onRun?.Invoke(rows, options);
            foreach (var row in filled) Predict(rows.Sample(row), rows.Timesteps[row], rows.Conditionings[row]!, rows.Predictions[row]);
        }
        finally
        {
            // Every call fills its rows anew; what it leaves empty is filled up by the engine and read by nobody.
            Array.Clear(rows.Conditionings);
        }
    }

    /// <summary>What the network predicts for a row: the stand-in of the reference runs, moved by the prompt.</summary>
    public static void Predict(ReadOnlySpan<float> input, float timestep, Conditioning conditioning, Span<float> prediction)
    {
        StandInNetwork.Predict(input, timestep, prediction);
        for (var i = 0; i < prediction.Length; i++) prediction[i] += conditioning.Text.Values[1] + conditioning.Pooled.Sum();
    }

    internal sealed class Call(FakeDenoiser owner, int rows, CallShape shape) : IDenoiserCall
    {
        private readonly float[][] _samples = Enumerable.Range(0, rows).Select(_ => new float[shape.Latent.Length]).ToArray();

        /// <summary>What stands in rows that nobody filled.</summary>
        public static Conditioning Unfilled { get; } = new(new PromptEmbedding(new float[2], 1, 2));

        public int Rows => rows;

        public LatentShape Shape => shape.Latent;

        /// <summary>Null in rows that nobody filled.</summary>
        public Conditioning?[] Conditionings { get; } = new Conditioning?[rows];

        public float[] Timesteps { get; } = new float[rows];

        public float[][] Predictions { get; } = Enumerable.Range(0, rows).Select(_ => new float[shape.Latent.Length]).ToArray();

        public Span<float> Sample(int row) => _samples[row];

        public ReadOnlySpan<float> Prediction(int row) => Predictions[row];

        public void SetTimestep(int row, float timestep) => Timesteps[row] = timestep;

        public void SetConditioning(int row, Conditioning conditioning)
        {
            Assert.Equal(shape, CallShape.Of(shape.Latent, conditioning));
            Conditionings[row] = conditioning;
        }

        public void Dispose() => Interlocked.Decrement(ref owner._open);
    }
}
