using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace RenderFarm.Cli.Options;

/// <summary>Makes options that refuse a bad value by naming the option, the value and what is allowed.</summary>
internal static class OptionFactory
{
    /// <summary>A number within a range, both ends included.</summary>
    public static Option<T?> Number<T>(string name, string description, T min, T max)
        where T : struct, INumber<T> =>
        new(name)
        {
            Description = description,
            HelpName = "N",
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = result => ParseNumber(result, result.Tokens[0].Value, name, min, max),
        };

    /// <summary>Numbers within a range, separated by commas; the option may also be repeated.</summary>
    public static Option<T[]?> Numbers<T>(string name, string description, T min, T max)
        where T : struct, INumber<T> =>
        new(name)
        {
            Description = description,
            HelpName = "N,N…",
            Arity = ArgumentArity.OneOrMore,
            CustomParser = result => [.. Split(result).Select(text => ParseNumber(result, text, name, min, max)).OfType<T>()],
        };

    /// <summary>One of a few words; case does not matter.</summary>
    public static Option<string?> Choice(string name, string description, IReadOnlyList<string> allowed) => new(name)
    {
        Description = description,
        HelpName = string.Join('|', allowed),
        Arity = ArgumentArity.ExactlyOne,
        CustomParser = result =>
        {
            var given = result.Tokens[0].Value;
            var word = allowed.FirstOrDefault(word => word.Equals(given, StringComparison.OrdinalIgnoreCase));
            if (word is null) Refuse(result, name, given, OneOf(allowed));
            return word;
        },
    };

    /// <summary>A text.</summary>
    public static Option<string?> Text(string name, string helpName, string description) =>
        new(name) { Description = description, HelpName = helpName, Arity = ArgumentArity.ExactlyOne };

    /// <summary>A switch.</summary>
    public static Option<bool> Flag(string name, string description) => new(name) { Description = description, Arity = ArgumentArity.Zero };

    /// <summary>The values of a list option: every occurrence, split at commas.</summary>
    public static IEnumerable<string> Split(ArgumentResult result) =>
        result.Tokens.SelectMany(token => token.Value.Split(',')).Select(text => text.Trim());

    /// <summary>Records that a value is not allowed.</summary>
    public static void Refuse(SymbolResult result, string name, string value, string allowed) =>
        result.AddError($"{name} '{Shorten(value)}': allowed is {allowed}.");

    /// <summary>A list in words: <c>a, b or c</c>.</summary>
    public static string OneOf(IReadOnlyList<string> words) =>
        words.Count == 1 ? words[0] : $"{string.Join(", ", words.Take(words.Count - 1))} or {words[^1]}";

    private static T? ParseNumber<T>(ArgumentResult result, string text, string name, T min, T max)
        where T : struct, INumber<T>
    {
        var styles = typeof(T) == typeof(double) ? NumberStyles.Float : NumberStyles.AllowLeadingSign;
        if (T.TryParse(text, styles, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max) return number;
        var kind = typeof(T) == typeof(double) ? "a number" : "a whole number";
        Refuse(result, name, text, string.Create(CultureInfo.InvariantCulture, $"{kind} from {min} to {max}"));
        return null;
    }

    private static string Shorten(string value) => value.Length <= 100 ? value : value[..100] + "…";
}
