namespace RenderFarm.Diffusion.Text;

/// <summary>How a prompt is read and encoded.</summary>
/// <param name="Syntax">One of <see cref="PromptSyntax.Names"/>.</param>
/// <param name="ClipSkip">Layer of the text encoder, counted from its end; 1 is the last.</param>
internal readonly record struct PromptStyle(string Syntax, int ClipSkip);
