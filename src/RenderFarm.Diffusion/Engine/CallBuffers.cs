using RenderFarm.Diffusion.Denoising;

namespace RenderFarm.Diffusion.Engine;

/// <summary>Buffers of UNet calls, kept for the next call of the same row count and shape; those unused for longest go first.</summary>
internal sealed class CallBuffers(IDenoiser denoiser)
{
    /// <summary>Calls kept: the row counts of a few image sizes.</summary>
    public const int Capacity = 64;

    private readonly List<(int Rows, CallShape Shape, KeptCall Call)> _calls = [];

    /// <summary>Buffers for a call, from before or new.</summary>
    /// <exception cref="OutOfMemoryException">New ones do not fit.</exception>
    public KeptCall Get(int rows, CallShape shape)
    {
        // From the end: the call of the turn before is the likeliest.
        for (var i = _calls.Count - 1; i >= 0; i--)
        {
            var kept = _calls[i];
            if (kept.Rows != rows || kept.Shape != shape) continue;
            if (i == _calls.Count - 1) return kept.Call;
            _calls.RemoveAt(i);
            _calls.Add(kept);
            return kept.Call;
        }

        if (_calls.Count == Capacity) RemoveFirst();
        _calls.Add((rows, shape, new KeptCall(denoiser.Prepare(rows, shape.Latent, shape.Tokens, shape.TextWidth, shape.Extras))));
        return _calls[^1].Call;
    }

    /// <summary>Frees everything, also the buffers of the newest call.</summary>
    public void Free()
    {
        while (_calls.Count > 0) RemoveFirst();
    }

    private void RemoveFirst()
    {
        _calls[0].Call.Dispose();
        _calls.RemoveAt(0);
    }
}
