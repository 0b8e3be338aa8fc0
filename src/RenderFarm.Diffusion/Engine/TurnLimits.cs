namespace RenderFarm.Diffusion.Engine;

/// <summary>How large a UNet call may be.</summary>
/// <param name="Images">Most images in it, at least 1.</param>
/// <param name="Rows">Most rows in it, at least 1; one image always fits.</param>
/// <param name="PixelsPerCell">Image pixels that one latent cell stands for: the square of the VAE's factor.</param>
/// <param name="TimestepPerRow">Whether rows may be at different timesteps; if not, only images at the same timestep share a call.</param>
internal sealed record TurnLimits(int Images, int Rows, int PixelsPerCell, bool TimestepPerRow)
{
    /// <summary>Row counts that calls may have; any by default.</summary>
    public RowCounts Counts { get; init; } = RowCounts.Any;
}
