using System.Collections;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Testing;
using Xunit;

namespace RenderFarm.Tests.Contracts;

/// <summary>
/// What neighbouring versions write, frozen in <c>Former/</c> and read by today's code: messages under way during an upgrade, requests of clients, files in
/// the object store. A file is never changed; when a shape grows, the form before it is added. <c>.newer</c> files are of a version that is yet to come.
/// </summary>
public sealed class FormerShapeTests
{
    private const string Newer = ".newer";
    private static readonly string Folder = Repository.PathTo("tests", "RenderFarm.Tests", "Contracts", "Former");

    // As the bus reads: a member that this version does not know is skipped.
    private static readonly JsonSerializerOptions OfTheBus = new(FarmJson.Options) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip };

    public static TheoryData<string> Names => [.. Directory.GetFiles(Folder).Select(path => Path.GetFileNameWithoutExtension(path)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Former_shape_is_read_with_all_it_says_and_nothing_that_must_be_there_is_missing(string name)
    {
        var text = File.ReadAllText(Path.Combine(Folder, name + ".json"));
        var type = PinnedShapeTests.TypeOf(name);

        var read = JsonSerializer.Deserialize(text, type, name.StartsWith("message.", StringComparison.Ordinal) ? OfTheBus : FarmJson.Options)!;

        Assert.Null(MissingIn(read, name));
        var (said, understood) = (JsonNode.Parse(text)!, JsonSerializer.SerializeToNode(read, type, FarmJson.Options)!);
        if (name.EndsWith(Newer, StringComparison.Ordinal)) Assert.Null(Lost(understood, said, name));
        else Assert.Null(Lost(said, understood, name));
    }

    [Fact]
    public void Every_message_that_goes_over_the_bus_has_a_former_shape()
    {
        var frozen = Names.Select(row => PinnedShapeTests.TypeOf(row.Data)).ToHashSet();

        Assert.Empty(PinnedShapeTests.Names.Select(row => row.Data).Where(name => name.StartsWith("message.", StringComparison.Ordinal)).Select(PinnedShapeTests.TypeOf).Except(frozen));
    }

    // The first place where a value of one is not the other's; members that the other has besides are no loss.
    private static string? Lost(JsonNode? from, JsonNode? to, string path) => from switch
    {
        JsonObject members => members.Select(member => Lost(member.Value, (to as JsonObject)?[member.Key], $"{path}.{member.Key}")).FirstOrDefault(lost => lost is not null),
        JsonArray items when to is JsonArray others && others.Count == items.Count =>
            items.Select((item, index) => Lost(item, others[index], $"{path}[{index}]")).FirstOrDefault(lost => lost is not null),
        _ => JsonNode.DeepEquals(from, to) ? null : $"{path}: {from?.ToJsonString()} became {to?.ToJsonString()}",
    };

    // The reader leaves null what a message lacks: a member that came later must be nullable, or have a value by itself.
    private static string? MissingIn(object value, string path) => value switch
    {
        string => null,
        IEnumerable items => items.Cast<object>().Select((item, index) => MissingIn(item, $"{path}[{index}]")).FirstOrDefault(missing => missing is not null),
        _ when value.GetType().Namespace?.StartsWith("RenderFarm.Contracts", StringComparison.Ordinal) == true => MissingMember(value, path),
        _ => null,
    };

    private static string? MissingMember(object value, string path)
    {
        var nullability = new NullabilityInfoContext();
        foreach (var member in value.GetType().GetProperties().Where(member => member.GetIndexParameters().Length == 0))
        {
            var place = $"{path}.{member.Name}";
            if (member.GetValue(value) is { } held)
            {
                if (MissingIn(held, place) is { } missing) return missing;
            }
            else if (nullability.Create(member).ReadState == NullabilityState.NotNull)
            {
                return $"{place} is not in what was sent, and may not be null.";
            }
        }

        return null;
    }
}
