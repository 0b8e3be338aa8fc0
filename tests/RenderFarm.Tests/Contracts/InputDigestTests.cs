using RenderFarm.Contracts;
using RenderFarm.Hosting.ObjectStore;
using Xunit;

namespace RenderFarm.Tests.Contracts;

public sealed class InputDigestTests
{
    private static readonly string Digits = new('a', 64);

    [Fact]
    public void Digest_is_sha256_and_64_lower_case_digits_and_its_key_has_the_digits_alone()
    {
        Assert.True(InputDigest.IsWellFormed("sha256:" + Digits));
        Assert.Equal($"inputs/{Digits}.png", ObjectKey.ForInput("sha256:" + Digits).Value);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("sha256:")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n")]
    [InlineData("sha256:../../../../../../../../../../../../../../../etc/passwd/////////////")]
    public void Anything_else_is_none_and_has_no_key(string? text)
    {
        Assert.False(InputDigest.IsWellFormed(text));
        if (text is not null) Assert.Throws<ArgumentException>(() => ObjectKey.ForInput(text));
    }
}
