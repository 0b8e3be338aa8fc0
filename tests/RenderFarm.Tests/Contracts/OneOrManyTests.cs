using System.Text.Json;
using RenderFarm.Contracts.Api;
using Xunit;

namespace RenderFarm.Tests.Contracts;

public sealed class OneOrManyTests
{
    [Fact]
    public void Single_value_stays_a_value_on_the_wire()
    {
        Assert.Equal("7", Write<int>(7));
        Assert.Equal([7], Read<int>("7").Values);
        Assert.False(Read<int>("7").IsList);
    }

    [Fact]
    public void List_stays_a_list_even_with_one_value()
    {
        Assert.Equal("[7]", Write<int>((int[])[7]));
        Assert.Equal([7, 8], Read<int>("[7,8]").Values);
        Assert.True(Read<int>("[7]").IsList);
    }

    [Fact]
    public void Empty_list_is_kept_for_the_validation_to_name() => Assert.Empty(Read<string>("[]").Values);

    [Theory]
    [InlineData("[null]")]
    [InlineData("[[\"a\"]]")]
    [InlineData("{\"a\":1}")]
    [InlineData("5")]
    public void Anything_but_values_of_its_type_is_refused(string json) => Assert.Throws<JsonException>(() => Read<string>(json));

    private static string Write<T>(OneOrMany<T> value) => JsonSerializer.Serialize(value, FarmJson.Options);

    private static OneOrMany<T> Read<T>(string json) => JsonSerializer.Deserialize<OneOrMany<T>>(json, FarmJson.Options)!;
}
