namespace RenderFarm.Diffusion.Text.Tokenization;

/// <summary>How bytes are spelled in a byte-level BPE vocabulary (GPT-2's <c>bytes_to_unicode</c>).</summary>
/// <remarks>Printable Latin-1 characters stand for themselves; the other 68 bytes, in order, are spelled U+0100, U+0101, …</remarks>
internal static class ByteSymbols
{
    /// <summary>256 symbols, by byte.</summary>
    public static string[] All { get; } = Spell();

    private static string[] Spell()
    {
        int unprintable = 0;
        return [.. Enumerable.Range(0, 256).Select(b => ((char)(IsPrintable(b) ? b : 0x100 + unprintable++)).ToString())];
    }

    private static bool IsPrintable(int b) => b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
}
