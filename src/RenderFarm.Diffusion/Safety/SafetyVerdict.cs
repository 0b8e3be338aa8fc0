namespace RenderFarm.Diffusion.Safety;

/// <summary>What a safety checker says of a picture. What follows from it is the caller's policy; the picture itself is never touched.</summary>
/// <param name="Flag">Whether the checker holds the picture to be unsafe.</param>
/// <param name="Score">How strongly: 0 or 1 where the graph answers only yes or no.</param>
internal readonly record struct SafetyVerdict(bool Flag, double Score);
