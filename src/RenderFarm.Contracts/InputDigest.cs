using System.Text.RegularExpressions;

namespace RenderFarm.Contracts;

/// <summary>
/// Names a picture by its pixels: <c>sha256:</c> and 64 lower-case hexadecimal digits, the SHA-256 of the picture written as a binary PPM file (P6: a header
/// <c>P6\n{width} {height}\n255\n</c>, then 3 bytes a pixel, red, green, blue, rows from the top). Files that hold the same pixels have the same digest,
/// whatever program compressed them.
/// </summary>
public static partial class InputDigest
{
    /// <summary>What stands before the digits.</summary>
    public const string Prefix = "sha256:";

    /// <summary>True for a well-formed digest.</summary>
    public static bool IsWellFormed(string? text) => text is not null && Pattern().IsMatch(text);

    [GeneratedRegex(@"\Asha256:[0-9a-f]{64}\z")]
    private static partial Regex Pattern();
}
