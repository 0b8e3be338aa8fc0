using Microsoft.ML.OnnxRuntime;
using RenderFarm.Diffusion.Denoising;

namespace RenderFarm.Tests.Diffusion.Engine;

/// <summary>A network on a device whose kernels round differently from one row count to another: a fault that this machine's processor does not supply.</summary>
internal sealed class CountSensitiveDenoiser(Func<int, float> error) : IDenoiser
{
    private readonly FakeDenoiser _exact = new();

    public int Channels => _exact.Channels;

    public bool TimestepPerRow => _exact.TimestepPerRow;

    public IDenoiserCall Prepare(int rows, LatentShape shape, int tokens, int textWidth, ExtraInputs extras = default) =>
        _exact.Prepare(rows, shape, tokens, textWidth, extras);

    public void Run(IDenoiserCall call, RunOptions options)
    {
        var rows = (FakeDenoiser.Call)call;
        if (float.IsNaN(error(rows.Rows))) throw new InsufficientMemoryException("bad_alloc");
        foreach (ref var row in rows.Conditionings.AsSpan()) row ??= FakeDenoiser.Call.Unfilled;
        _exact.Run(call, options);
        foreach (var value in rows.Predictions) value[0] += error(rows.Rows);
    }
}
