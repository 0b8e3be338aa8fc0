namespace RenderFarm.Diffusion.Tiles;

/// <summary>Runs a network from planes to planes tile by tile, so that memory goes with the tile and not with the picture.</summary>
/// <param name="down">Tiles of the rows of the input.</param>
/// <param name="across">Tiles of its columns.</param>
/// <param name="downOut">The same tiles in rows of the output.</param>
/// <param name="acrossOut">The same tiles in columns of the output.</param>
internal sealed class TiledGraph(TileAxis down, TileAxis across, TileAxis downOut, TileAxis acrossOut)
{
    /// <summary>One evaluation over a tile of the input.</summary>
    /// <param name="tile">[channels, height, width] in C order; used again for the next tile.</param>
    /// <param name="height">Rows of the tile.</param>
    /// <param name="width">Columns of the tile.</param>
    /// <returns>[output channels, rows, columns] in C order.</returns>
    public delegate float[] Evaluation(float[] tile, int height, int width);

    /// <summary>Evaluates every tile, in reading order, and puts their results together.</summary>
    /// <param name="input">[channels, rows, columns] in C order.</param>
    /// <param name="channels">Channels of the input.</param>
    /// <param name="outputChannels">Channels of the output.</param>
    /// <param name="evaluate">The network.</param>
    /// <param name="cancellation">Looked at before every tile.</param>
    public float[] Run(ReadOnlySpan<float> input, int channels, int outputChannels, Evaluation evaluate, CancellationToken cancellation = default)
    {
        var output = new float[outputChannels * downOut.Length * acrossOut.Length];
        var tile = new float[channels * down.Side * across.Side];
        for (var row = 0; row < down.Starts.Count; row++)
        {
            var downShares = downOut.Shares(row);
            for (var column = 0; column < across.Starts.Count; column++)
            {
                cancellation.ThrowIfCancellationRequested();
                Cut(input, tile, channels, down.Starts[row], across.Starts[column]);
                var result = evaluate(tile, down.Side, across.Side);
                Add(result, output, outputChannels, (downOut.Starts[row], acrossOut.Starts[column]), downShares, acrossOut.Shares(column));
            }
        }

        return output;
    }

    private void Cut(ReadOnlySpan<float> input, float[] tile, int channels, int top, int left)
    {
        for (var line = 0; line < channels * down.Side; line++)
        {
            var from = ((((line / down.Side * down.Length) + top + (line % down.Side)) * across.Length) + left);
            input.Slice(from, across.Side).CopyTo(tile.AsSpan(line * across.Side));
        }
    }

    private void Add(float[] tile, float[] output, int channels, (int Top, int Left) at, float[] downShares, float[] acrossShares)
    {
        for (var line = 0; line < channels * downOut.Side; line++)
        {
            var share = downShares[line % downOut.Side];
            if (share == 0) continue;
            var to = (((line / downOut.Side * downOut.Length) + at.Top + (line % downOut.Side)) * acrossOut.Length) + at.Left;
            var from = line * acrossOut.Side;
            for (var i = 0; i < acrossOut.Side; i++) output[to + i] += share * acrossShares[i] * tile[from + i];
        }
    }
}
