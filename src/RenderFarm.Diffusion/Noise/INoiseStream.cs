namespace RenderFarm.Diffusion.Noise;

/// <summary>
/// The noise of one image: successive draws of unit normals from one seeded generator. An image draws only from its own stream,
/// so its noise never depends on its neighbours.
/// </summary>
public interface INoiseStream
{
    /// <summary>One <c>randn</c> call of the reproduced library: fills the whole tensor (C order) from the generator's present state.</summary>
    /// <remarks>Where a call begins and ends matters: two draws of 8 are not one draw of 16.</remarks>
    /// <param name="destination">One or more elements, all of one call.</param>
    void Draw(Span<float> destination);
}
