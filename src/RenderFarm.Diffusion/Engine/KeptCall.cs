using Microsoft.ML.OnnxRuntime;
using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Onnx;

namespace RenderFarm.Diffusion.Engine;

/// <summary>The buffers of a UNet call with the run options that belong to them.</summary>
/// <param name="call">Owned from now on.</param>
internal sealed class KeptCall(IDenoiserCall call) : IDisposable
{
    public IDenoiserCall Call => call;

    /// <summary>Options of its next run.</summary>
    public RunOptions Options { get; private set; } = OptionsFor(call);

    /// <summary>A run that was ended early leaves options that would end every later one.</summary>
    public void Renew()
    {
        if (!Options.Terminate) return;
        Options.Dispose();
        Options = OptionsFor(call);
    }

    private static RunOptions OptionsFor(IDenoiserCall call) => call.IsOneRun ? CallOptions.Captured() : CallOptions.Uncaptured();

    public void Dispose()
    {
        call.Dispose();
        Options.Dispose();
    }
}
