using System.Globalization;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Cli.Options;

/// <summary>Says the API's field errors in the words of the command line.</summary>
internal static class FieldNames
{
    /// <summary>One line for each field at fault; what the farm said as a whole where it named none.</summary>
    public static string Describe(Problem problem) => problem.Errors is { Count: > 0 } errors
        ? string.Join(Environment.NewLine, errors.Select(Describe))
        : problem.Detail ?? problem.Title;

    /// <summary>For example <c>--steps (value 3) '2000': 1 to 1000.</c></summary>
    public static string Describe(FieldError error)
    {
        var value = error.Value is null ? "" : $" '{error.Value}'";
        return $"{OptionOf(error.Field)}{value}: {error.Detail}";
    }

    private static string OptionOf(string field)
    {
        var bracket = field.IndexOf('[', StringComparison.Ordinal);
        if (bracket < 0) return Name(field);
        var index = field[(bracket + 1)..].TrimEnd(']');
        return int.TryParse(index, NumberStyles.None, CultureInfo.InvariantCulture, out var at)
            ? string.Create(CultureInfo.InvariantCulture, $"{Name(field[..bracket])} (value {at + 1})")
            : Name(field[..bracket]);
    }

    private static string Name(string field) => field switch
    {
        "prompt" => "PROMPT",
        "negative_prompt" => "--negative",
        "timestep_spacing" => "--spacing",
        "guidance_scale" => "--guidance",
        "noise_source" => "--noise",
        "hires" => "--hires-scale",
        _ when field.StartsWith("outpaint.", StringComparison.Ordinal) => "--outpaint",
        _ => "--" + field.Replace('_', '-').Replace('.', '-'),
    };
}
