namespace RenderFarm.Diffusion.Denoising;

/// <summary>How an image is guided.</summary>
/// <param name="Scale">Guidance scale; guidance runs only when it is greater than 1.</param>
/// <param name="Rescale">φ of Lin et al. 2023, 0…1; 0 leaves guidance as it is.</param>
/// <param name="Start">Fraction of the turns before guidance begins, 0…1.</param>
/// <param name="End">Fraction of the turns after which it ends, 0…1, not below <paramref name="Start"/>.</param>
/// <remarks>
/// Limiting guidance to an interval is from Kynkäänniemi et al. 2024 (arXiv:2404.07724), who give it in noise levels; here it is in turns, because those
/// mean the same with every sampler. Outside it an image takes one row of a UNet call instead of two.
/// </remarks>
internal sealed record GuidanceSettings(double Scale, double Rescale = 0, double Start = 0, double End = 1)
{
    /// <summary>Whether guidance runs at all in so many turns.</summary>
    public bool IsOn(int turns) => Scale > 1 && FirstTurn(turns) < EndTurn(turns);

    /// <summary>Whether guidance runs at a turn, counted from 0.</summary>
    public bool IsOnAt(int turn, int turns) => Scale > 1 && turn >= FirstTurn(turns) && turn < EndTurn(turns);

    // Rounded, not cut: 0.29 of 100 turns is 28.999… in binary.
    private int FirstTurn(int turns) => (int)Math.Round(Start * turns);

    private int EndTurn(int turns) => (int)Math.Round(End * turns);
}
