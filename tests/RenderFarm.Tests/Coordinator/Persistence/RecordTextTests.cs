using RenderFarm.Coordinator.Persistence;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Persistence;

public sealed class RecordTextTests
{
    // Numbers of UTF-16 code units: half a surrogate pair does not survive as an argument of a theory.
    public static TheoryData<int[], int[]> Broken => new()
    {
        { [0], [0xfffd] },
        { ['a', 0, 0, 'b', 0], ['a', 0xfffd, 0xfffd, 'b', 0xfffd] },
        { ['a', 0xd83d], ['a', 0xfffd] },
        { [0xdc08, 'a'], [0xfffd, 'a'] },
        { [0xdc08, 0xd83d, 'a'], [0xfffd, 0xfffd, 'a'] },
        { [0xd83d, 0xd83d, 0xdc08, 0], [0xfffd, 0xd83d, 0xdc08, 0xfffd] },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void U_FFFD_stands_in_the_place_of_NUL_and_of_half_a_surrogate_pair(int[] broken, int[] kept) => Assert.Equal(Text(kept), RecordText.Of(Text(broken)));

    [Theory]
    [InlineData("")]
    [InlineData("ONNX Runtime said: \"no\".\r\n\tat 0x1\u007f")]
    [InlineData("日本語 🐈 \ufffd \ufeff")]
    public void Text_that_can_be_kept_is_kept(string text) => Assert.Same(text, RecordText.Of(text));

    [Fact]
    public void No_text_stays_none() => Assert.Null(RecordText.Of((string?)null));

    private static string Text(int[] units) => string.Concat(units.Select(unit => (char)unit));
}
