using Microsoft.ML.OnnxRuntime;
using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Onnx;
using RenderFarm.Diffusion.Text;

namespace RenderFarm.Diffusion.Engine;

/// <summary>
/// Finds out, when a network is loaded, in calls of which sizes a row keeps its bits. A row is right when it equals the same row in a call of
/// <see cref="Reference"/> rows, so that machines which may use different counts still agree with each other.
/// </summary>
/// <remarks>
/// Limitations: one small latent stands for all sizes, and 1, 2, 3 and the powers of two for all counts between them; the demo checkpoint's tests walk both. Networks of one fixed size are not probed.
/// </remarks>
internal static class RowProbe
{
    /// <summary>Rows of the call that decides: the smallest that holds an image under guidance.</summary>
    public const int Reference = 2;

    private const int Subject = 1;

    /// <summary>The counts that a pipeline uses: those its options name, all of them for <see cref="DeterminismClass.Fast"/>, else those that agree.</summary>
    /// <param name="denoiser">The network.</param>
    /// <param name="shape">Shape of the calls to try; null where there is nothing to try.</param>
    /// <param name="options">Of the pipeline.</param>
    public static RowCounts Choose(IDenoiser denoiser, CallShape? shape, PipelineOptions options) => options switch
    {
        { FixedRows: > 0 } => RowCounts.Of(options.FixedRows),
        { Determinism: DeterminismClass.Fast } => RowCounts.Any,
        _ => shape is { } probed ? Measure(denoiser, probed, options.RowsPerCall) : RowCounts.Any,
    };

    /// <summary>
    /// The smallest usual shape that a UNet takes, 8×8 cells; null for one with a fixed number of rows, whose calls are all alike, or of a fixed size, where a
    /// probe could cost minutes.
    /// </summary>
    /// <param name="unet">What the network takes.</param>
    /// <param name="tokens">Tokens of one chunk of a prompt.</param>
    /// <param name="textWidth">Width of prompt embeddings.</param>
    /// <param name="pooledWidth">Width of pooled embeddings; 0 for none.</param>
    public static CallShape? ShapeFor(UNetLayout unet, int tokens, int textWidth, int pooledWidth) => unet.Rows is not null || unet.Cells is not null ? null
        : new CallShape(new LatentShape(unet.Channels, 8, 8), unet.Tokens ?? tokens, textWidth, new ExtraInputs(
            unet.Pooled is null ? 0 : pooledWidth,
            unet.TimeIds is null ? 0 : UNetLayout.Fixed(unet.TimeIds, 1) ?? 6,
            unet.Guidance is null ? 0 : UNetLayout.Fixed(unet.Guidance, 1) ?? 256,
            unet.ExtraChannels,
            unet.ClassLabels is not null));

    /// <summary>Counts that agree: <see cref="RowCounts.Any"/> when all that were tried do.</summary>
    /// <param name="denoiser">The network.</param>
    /// <param name="shape">Shape of the calls to try; small, because about 34 rows are evaluated.</param>
    /// <param name="maxRows">Most rows of a call, at least 1.</param>
    public static RowCounts Measure(IDenoiser denoiser, CallShape shape, int maxRows)
    {
        var right = Try(denoiser, shape, Reference);
        if (right is null || !Agree(right, right[0])) return RowCounts.Of(Reference);
        int[] tried = [.. Counts(maxRows)];
        int[] agreeing = [.. tried.Where(count => Try(denoiser, shape, count) is { } rows && Agree(rows, right[0]))];
        return agreeing.Length == tried.Length ? RowCounts.Any : RowCounts.Of([Reference, .. agreeing]);
    }

    private static IEnumerable<int> Counts(int maxRows)
    {
        if (maxRows >= 3) yield return 3;
        for (var count = 1; count < maxRows; count *= 2)
        {
            if (count != Reference) yield return count;
        }

        if (maxRows is not (Reference or 3)) yield return maxRows;
    }

    private static bool Agree(float[][] rows, float[] right) => SameBits(rows[0], right) && SameBits(rows[^1], right);

    private static bool SameBits(ReadOnlySpan<float> row, ReadOnlySpan<float> right)
    {
        for (var i = 0; i < right.Length; i++)
        {
            if (BitConverter.SingleToInt32Bits(row[i]) != BitConverter.SingleToInt32Bits(right[i])) return false;
        }

        return true;
    }

    /// <summary>Predictions of a call with the same row first and last and strangers between; null when the device does not run it.</summary>
    private static float[][]? Try(IDenoiser denoiser, CallShape shape, int rows)
    {
        try
        {
            using var call = denoiser.Prepare(rows, shape.Latent, shape.Tokens, shape.TextWidth, shape.Extras);
            for (var row = 0; row < rows; row++) Fill(call, row, shape, seed: row == 0 || row == rows - 1 ? Subject : Subject + row, denoiser.TimestepPerRow);
            using var options = CallOptions.Uncaptured();
            denoiser.Run(call, options);
            return [.. Enumerable.Range(0, rows).Select(row => call.Prediction(row).ToArray())];
        }
        catch (Exception error) when (error is OutOfMemoryException or OnnxRuntimeException)
        {
            // A count that does not run here is simply not among those used; images say themselves what is wrong with a network that never runs.
            return null;
        }
    }

    private static void Fill(IDenoiserCall call, int row, CallShape shape, int seed, bool timestepPerRow)
    {
        var random = new Random(seed);
        foreach (ref var value in call.Sample(row)) value = (float)((random.NextDouble() * 4) - 2);
        call.SetTimestep(row, timestepPerRow ? random.Next(1000) : 500);
        var extras = shape.Extras;
        call.SetConditioning(row, new Conditioning(new PromptEmbedding(Numbers(shape.Tokens * shape.TextWidth), shape.Tokens, shape.TextWidth))
        {
            Pooled = Numbers(extras.PooledWidth),
            TimeIds = Numbers(extras.TimeIds),
            GuidanceEmbedding = Numbers(extras.GuidanceWidth),
            Channels = Numbers(extras.Channels * shape.Latent.Height * shape.Latent.Width),
            ClassLabel = extras.HasClassLabel ? random.Next(350) : null,
        });

        float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() - 0.5))];
    }
}
