namespace RenderFarm.Diffusion.Text;

/// <summary>A piece of a prompt whose tokens all have one weight.</summary>
/// <param name="Text">What is to be tokenized.</param>
/// <param name="Weight">Factor of its tokens' embeddings; 1 changes nothing.</param>
internal readonly record struct PromptSegment(string Text, double Weight)
{
    /// <summary>Ends the chunk. A1111 marks it in the same list, by a weight that the word could hardly have otherwise.</summary>
    public static PromptSegment Break { get; } = new(PromptSyntax.BreakWord, -1);

    /// <summary>Whether it ends the chunk instead of being text.</summary>
    public bool IsBreak => this == Break;
}
