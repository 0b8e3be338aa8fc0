namespace RenderFarm.Diffusion.Text.Tokenization;

/// <summary>The tokens with a meaning of their own.</summary>
/// <param name="BeginText">What begins a prompt, as text; CLIP's is <c>&lt;|startoftext|&gt;</c>.</param>
/// <param name="BeginId">Its id.</param>
/// <param name="EndText">What ends a prompt; CLIP's is <c>&lt;|endoftext|&gt;</c>.</param>
/// <param name="EndId">Its id.</param>
/// <param name="PadId">Fills the rest: the end's id in Stable Diffusion 1, 0 in 2 and in SDXL's second encoder.</param>
/// <param name="ContextLength">Ids of a prompt, begin and end included.</param>
internal sealed record ClipSpecialTokens(string BeginText, int BeginId, string EndText, int EndId, int PadId, int ContextLength);
