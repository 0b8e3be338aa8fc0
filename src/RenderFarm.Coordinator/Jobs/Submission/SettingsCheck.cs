using System.Globalization;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Coordinator.Api;

namespace RenderFarm.Coordinator.Jobs.Submission;

/// <summary>Collects the fields at fault, so that a client learns of all of them at once.</summary>
internal sealed class SettingsCheck
{
    private readonly List<FieldError> _errors = [];
    private int _unusable;

    /// <summary>The fields at fault so far.</summary>
    public IReadOnlyList<FieldError> Errors => _errors;

    /// <summary>True when nothing but pictures is at fault: the request is well-formed, and would be right with others.</summary>
    public bool OnlyPicturesAreAtFault => _errors.Count > 0 && _errors.Count == _unusable;

    /// <summary>Notes a picture that cannot be used, which only a look at it could tell.</summary>
    public void Unusable(string field, object? value, string allowed)
    {
        _unusable++;
        Fault(field, value, allowed);
    }

    /// <summary>Notes a field at fault.</summary>
    public void Fault(string field, object? value, string allowed) => _errors.Add(new FieldError(field, Shown(value), allowed));

    /// <summary>A number in a range, or its default.</summary>
    public int Range(string field, int? given, int least, int most, int byDefault)
    {
        if (given is { } value && (value < least || value > most))
            Fault(field, given, string.Create(CultureInfo.InvariantCulture, $"{least:N0}…{most:N0}."));
        return given ?? byDefault;
    }

    /// <summary>A number from 0 to 1, or its default.</summary>
    public double Fraction(string field, double? given, double byDefault)
    {
        if (given is not (null or (>= 0 and <= 1))) Fault(field, given, "0…1.");
        return given ?? byDefault;
    }

    /// <summary>A word from a list, or its default.</summary>
    public string Word(string field, string? given, IReadOnlyList<string> known, string byDefault)
    {
        if (given is not null && !known.Contains(given)) Fault(field, given, $"One of {string.Join(", ", known)}.");
        return given ?? byDefault;
    }

    /// <summary>A text of limited length, without U+0000: neither an image file nor PostgreSQL keeps that.</summary>
    public string Text(string field, string? given, int longest)
    {
        if (given is null) return "";
        if (given.Length > longest)
            Fault(field, given, string.Create(CultureInfo.InvariantCulture, $"Up to {longest:N0} characters; this has {given.Length:N0}."));
        else if (!CanonicalJson.IsWellFormed(given))
            Fault(field, null, "Holds an unpaired surrogate, which has no UTF-8 form.");
        else if (given.IndexOf('\0', StringComparison.Ordinal) is >= 0 and var place)
            Fault(field, given, string.Create(CultureInfo.InvariantCulture, $"Holds U+0000 at index {place}; a text may hold any other character."));
        return given;
    }

    /// <summary>The values of a swept setting, or its default; each is checked under its name with its place.</summary>
    public IReadOnlyList<T> Sweep<T>(string field, OneOrMany<T>? given, T byDefault, int most, Func<T, string?> fault)
    {
        if (given is null) return [byDefault];
        if (given.Values.Count == 0 || given.Values.Count > most)
        {
            Fault(field, string.Create(CultureInfo.InvariantCulture, $"{given.Values.Count} values"), string.Create(CultureInfo.InvariantCulture, $"1…{most:N0} values."));
            return given.Values.Count == 0 ? [byDefault] : given.Values;
        }

        foreach (var (place, value) in given.Values.Index())
        {
            if (fault(value) is { } allowed) Fault(Place(field, given, place), value, allowed);
        }

        return given.Values;
    }

    /// <summary>A field's name, with its place where a list was given.</summary>
    public static string Place<T>(string field, OneOrMany<T> given, int place) =>
        given.IsList ? string.Create(CultureInfo.InvariantCulture, $"{field}[{place}]") : field;

    private static string? Shown(object? value) => value switch
    {
        null => null,
        string text when !CanonicalJson.IsWellFormed(text) => null,
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => Problems.Shorten(value.ToString()!),
    };
}
