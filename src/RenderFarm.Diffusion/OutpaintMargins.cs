namespace RenderFarm.Diffusion;

/// <summary>By how much outpainting grows a picture, in pixels: each 0 or a positive multiple of the checkpoint's side multiple, and one of them not 0.</summary>
/// <param name="Left">New columns on the left.</param>
/// <param name="Top">New rows at the top.</param>
/// <param name="Right">New columns on the right.</param>
/// <param name="Bottom">New rows at the bottom.</param>
public sealed record OutpaintMargins(int Left, int Top, int Right, int Bottom)
{
    /// <summary>Columns added.</summary>
    public int Columns => Left + Right;

    /// <summary>Rows added.</summary>
    public int Rows => Top + Bottom;
}
