using System.Buffers;

namespace RenderFarm.Imaging;

/// <summary>What is written inside a picture about its making. A null text is left out of the file.</summary>
/// <remarks>
/// | text | PNG (tEXt, or iTXt when it does not fit Latin-1) | JPEG and WebP |
/// | --- | --- | --- |
/// | <see cref="Parameters"/> | keyword <c>parameters</c> | EXIF UserComment |
/// | <see cref="Recipe"/> | keyword <c>renderfarm</c> | XMP <c>rf:recipe</c> |
/// | <see cref="Profile"/> | keyword <c>renderfarm-profile</c> | XMP <c>rf:profile</c> |
/// </remarks>
public sealed record ImageTexts
{
    internal const string ParametersKeyword = "parameters";
    internal const string RecipeKeyword = "renderfarm";
    internal const string ProfileKeyword = "renderfarm-profile";

    /// <summary>A picture that says nothing about itself.</summary>
    public static ImageTexts None { get; } = new();

    /// <summary>The settings in the text form that AUTOMATIC1111's web UI writes and most viewers read.</summary>
    public string? Parameters { get; init; }

    /// <summary>The canonical JSON of the recipe: what the picture can be rendered again from.</summary>
    public string? Recipe { get; init; }

    /// <summary>One line naming the execution profile in which the recipe gave exactly these pixels.</summary>
    public string? Profile { get; init; }

    /// <summary>Refuses texts that no reader would give back unchanged.</summary>
    /// <exception cref="ArgumentException">A text holds U+0000 or half a surrogate pair.</exception>
    internal void Validate()
    {
        Validate(nameof(Parameters), Parameters);
        Validate(nameof(Recipe), Recipe);
        Validate(nameof(Profile), Profile);
    }

    private static void Validate(string name, string? text)
    {
        if (text is null)
            return;
        int zero = text.IndexOf('\0', StringComparison.Ordinal);
        if (zero >= 0)
            throw new ArgumentException($"{name} holds U+0000 at index {zero}; text chunks end at the first zero.", name);
        for (int i = 0; i < text.Length;)
        {
            if (System.Text.Rune.DecodeFromUtf16(text.AsSpan(i), out _, out int consumed) != OperationStatus.Done)
                throw new ArgumentException($"{name} holds half a surrogate pair (U+{(int)text[i]:X4}) at index {i}; it has no UTF-8 form.", name);
            i += consumed;
        }
    }
}
