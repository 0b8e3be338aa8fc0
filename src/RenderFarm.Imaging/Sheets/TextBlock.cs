namespace RenderFarm.Imaging.Sheets;

/// <summary>Set text, cropped to its ink.</summary>
/// <param name="Width">Width of the ink in pixels; 0 where there is none.</param>
/// <param name="Height">Height of the ink in pixels.</param>
/// <param name="Top">Pixels from the top of the first line's box to the ink; adding it keeps baselines of neighbours level.</param>
/// <param name="Lines">Number of lines.</param>
/// <param name="Coverage">width × height bytes: 0 paper, 255 ink.</param>
internal sealed record TextBlock(int Width, int Height, int Top, int Lines, byte[] Coverage)
{
    public static TextBlock Empty { get; } = new(0, 0, 0, 0, []);
}
