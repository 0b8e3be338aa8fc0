using System.Globalization;

namespace RenderFarm.Diffusion.Text.Cleaning;

/// <summary>The lines of an embedded table: fields separated by spaces, comments after #.</summary>
internal static class CharacterTables
{
    public static IEnumerable<string[]> Read(string name)
    {
        string resource = $"RenderFarm.Diffusion.Text.Cleaning.{name}";
        using Stream stream = typeof(CharacterTables).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"The table {resource} was not built into the assembly.");
        using StreamReader reader = new(stream);
        while (reader.ReadLine() is { } line)
        {
            if (!line.StartsWith('#'))
                yield return line.Split(' ');
        }
    }

    public static int CodePoint(string hexadecimal) => int.Parse(hexadecimal, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    public static string Text(IEnumerable<string> hexadecimals) => string.Concat(hexadecimals.Select(h => char.ConvertFromUtf32(CodePoint(h))));
}
