using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Tiles;

namespace RenderFarm.Diffusion.Vae;

/// <summary>
/// When a VAE works tile by tile, and how the tiles lie. It depends on the latent's size alone and never on the machine, because tiles change an image's
/// bits: an image that is made in tiles anywhere is made in tiles everywhere.
/// </summary>
/// <remarks>
/// Untiled, the attention in a VAE's middle holds (h·w)² numbers: 1 GB of float32 for 128×128 cells, 16 GB for 256×256. Limitations: group normalization
/// and that attention see a tile instead of the whole, so tiles differ slightly in tone; the overlap is mixed over <see cref="Feather"/> cells.
/// </remarks>
/// <param name="MaxCells">Most latent cells that are worked on at once.</param>
/// <param name="Tile">Longest side of a tile, in cells.</param>
/// <param name="Overlap">What neighbours have in common at least, in cells.</param>
/// <param name="Feather">Over how many cells they are mixed.</param>
internal sealed record VaeTiling(int MaxCells, int Tile, int Overlap, int Feather)
{
    /// <summary>What every pipeline uses: 1024×1024 pixels at once with a VAE of factor 8, tiles of as many, and a quarter of a tile in common.</summary>
    public static VaeTiling Standard { get; } = new(128 * 128, 128, 32, 16);

    /// <summary>Whether a latent is worked on in tiles.</summary>
    public bool AppliesTo(LatentShape shape) => (long)shape.Height * shape.Width > MaxCells;

    /// <summary>Tiles from latent cells to pixels.</summary>
    public TiledGraph ToPixels(LatentShape shape, int factor)
    {
        var (down, across) = Axes(shape);
        return new TiledGraph(down, across, down.Finer(factor), across.Finer(factor));
    }

    /// <summary>Tiles from pixels to latent cells.</summary>
    public TiledGraph FromPixels(LatentShape shape, int factor)
    {
        var (down, across) = Axes(shape);
        return new TiledGraph(down.Finer(factor), across.Finer(factor), down, across);
    }

    private (TileAxis Down, TileAxis Across) Axes(LatentShape shape) =>
        (new TileAxis(shape.Height, Tile, Overlap, Feather), new TileAxis(shape.Width, Tile, Overlap, Feather));
}
