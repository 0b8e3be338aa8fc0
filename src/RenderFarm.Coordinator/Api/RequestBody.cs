using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Coordinator.Api;

/// <summary>A request body that was read, or the problem with it.</summary>
/// <param name="Value">The request; null when there is a problem.</param>
/// <param name="Fingerprint">SHA-256 of the canonical JSON, so that white space and member order do not matter.</param>
/// <param name="Problem">What is wrong; null when the request could be read.</param>
internal sealed record RequestBody<T>(T? Value, string Fingerprint, ProblemResult? Problem)
    where T : class;

/// <summary>Reads JSON so that every unknown, missing or mistyped member is named at once, which one exception cannot do.</summary>
internal static class RequestBody
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <summary>Reads and checks the shape of a body.</summary>
    public static async Task<RequestBody<T>> ReadAsync<T>(HttpRequest request)
        where T : class
    {
        if (!request.HasJsonContentType()) return Failed<T>(Problems.UnsupportedMediaType(request.ContentType));
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = RenderLimits.MaxRequestBytes;
        try
        {
            using var body = await JsonDocument.ParseAsync(request.Body, Strict, request.HttpContext.RequestAborted);
            return Bind<T>(body.RootElement);
        }
        catch (JsonException error)
        {
            return Failed<T>(Problems.Malformed(
                $"The body is not well-formed JSON at line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}: {Sentence(error)}"));
        }
        catch (BadHttpRequestException error) when (error.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return Failed<T>(Problems.TooLarge());
        }
    }

    private static RequestBody<T> Bind<T>(JsonElement body)
        where T : class
    {
        if (body.ValueKind != JsonValueKind.Object) return Failed<T>(Problems.Malformed($"The body must be a JSON object, not {Kind(body)}."));
        var members = FarmJson.Options.GetTypeInfo(typeof(T)).Properties.ToDictionary(property => property.Name);
        var errors = new List<FieldError>();
        foreach (var given in body.EnumerateObject())
        {
            if (members.TryGetValue(given.Name, out var member)) Check(given, member, errors);
            else errors.Add(new FieldError(Problems.Shorten(given.Name), Shown(given.Value), $"Unknown member. Known are {string.Join(", ", members.Keys)}."));
        }

        errors.AddRange(members.Values
            .Where(member => member.IsRequired && (!body.TryGetProperty(member.Name, out var value) || value.ValueKind == JsonValueKind.Null))
            .Select(member => new FieldError(member.Name, null, "Required.")));
        if (errors.Count > 0) return Failed<T>(Problems.Invalid(errors));
        var canonical = SHA256.HashData(Encoding.UTF8.GetBytes(CanonicalJson.Write(body)));
        return new RequestBody<T>(body.Deserialize<T>(FarmJson.Options), Convert.ToHexStringLower(canonical), null);
    }

    private static void Check(JsonProperty given, JsonPropertyInfo member, List<FieldError> errors)
    {
        try
        {
            given.Value.Deserialize(member.PropertyType, FarmJson.Options);
            if (HasInfinity(given.Value)) throw new JsonException();
        }
        catch (JsonException error)
        {
            var element = error.Path is { Length: > 1 } path ? path[1..] : "";
            errors.Add(new FieldError(given.Name + element, Shown(given.Value), $"Must be {Expected(Inner(member.PropertyType, element))}."));
        }
    }

    // A member of a group of settings is at fault for itself: hires.scale, not hires.
    private static Type Inner(Type type, string element) =>
        IsGroup(type) && Members(type).FirstOrDefault(member => "." + member.Name == element) is { } found ? found.PropertyType : type;

    // What is left out of the JSON is in the list too, without a way to read it.
    private static IEnumerable<JsonPropertyInfo> Members(Type type) => FarmJson.Options.GetTypeInfo(type).Properties.Where(property => property.Get is not null);

    private static bool IsGroup(Type type) => type == typeof(OutpaintMargins) || type == typeof(HiresSettings);

    // A number beyond the range of a double is well-formed JSON, and nobody's setting.
    private static bool HasInfinity(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => !double.IsFinite(value.GetDouble()),
        JsonValueKind.Array => value.EnumerateArray().Any(HasInfinity),
        JsonValueKind.Object => value.EnumerateObject().Any(member => HasInfinity(member.Value)),
        _ => false,
    };

    private static string Expected(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(OneOrMany<>))
            return $"{Expected(type.GetGenericArguments()[0])}, or a list of them";
        if (IsGroup(type)) return $"an object with members of {string.Join(", ", Members(type).Select(member => member.Name))}";
        if (type == typeof(string)) return "a text without unpaired surrogates";
        if (!type.IsPrimitive) return "as the reference at /reference describes it";
        return type == typeof(double) ? "a number" : "a whole number";
    }

    private static string Shown(JsonElement value) => Problems.Shorten(value.GetRawText());

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "a truth value",
    };

    // The position stands at the front of our sentence; the library repeats it at the end of its own.
    private static string Sentence(JsonException error) => error.Message.Split(" LineNumber:")[0].Split(" Path:")[0];

    private static RequestBody<T> Failed<T>(ProblemResult problem)
        where T : class => new(null, "", problem);
}
