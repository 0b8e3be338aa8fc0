using RenderFarm.Diffusion.Denoising;

namespace RenderFarm.Diffusion.Pictures;

/// <summary>What a pass begins with, and what its rows are told of a picture.</summary>
/// <param name="First">The first latent.</param>
/// <param name="Channels">Channels behind the latent's own, [extra, h, w]; null where the UNet takes none.</param>
/// <param name="ClassLabel">Noise level of a ×4 upscaler; null for others.</param>
internal sealed record PassStart(FirstLatent First, float[]? Channels = null, int? ClassLabel = null);
