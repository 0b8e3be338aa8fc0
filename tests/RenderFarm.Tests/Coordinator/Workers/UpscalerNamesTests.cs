using RenderFarm.Contracts.Workers;
using RenderFarm.Coordinator.Workers;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Workers;

public sealed class UpscalerNamesTests
{
    [Fact]
    public void Name_means_the_file_that_most_active_workers_hold_and_a_digest_means_itself()
    {
        var names = UpscalerNames.Of([Worker(true, ("x4", "sha256:b")), Worker(true, ("x4", "sha256:b")), Worker(true, ("x4", "sha256:a")), Worker(false, ("x4", "sha256:c"))]);

        Assert.Equal(("sha256:b", "sha256:a", "sha256:c", null), (names.Find("x4"), names.Find("sha256:a"), names.Find("sha256:c"), names.Find("X4")));
    }

    [Fact]
    public void Of_files_that_as_many_hold_the_choice_does_not_depend_on_who_spoke_last()
    {
        var (one, other) = (Worker(true, ("x4", "sha256:b")), Worker(true, ("x4", "sha256:a")));

        Assert.Equal("sha256:a", UpscalerNames.Of([one, other]).Find("x4"));
        Assert.Equal("sha256:a", UpscalerNames.Of([other, one]).Find("x4"));
    }

    [Fact]
    public void Names_of_workers_that_are_away_are_still_known() =>
        Assert.Equal(["x2", "x4"], UpscalerNames.Of([Worker(true, ("x4", "sha256:a")), Worker(false, ("x4", "sha256:a"), ("x2", "sha256:b")), (true, null)]).Names);

    [Fact]
    public void Column_of_a_worker_without_upscalers_is_null() =>
        Assert.Equal((null, null), (UpscalerNames.Write(null), UpscalerNames.Write([])));

    [Fact]
    public void Column_of_a_later_version_is_read()
    {
        var later = UpscalerNames.Write([new UpscalerDescription("x4", "sha256:a")])!.Replace("{\"name\"", "{\"enlarges_by\":4,\"name\"", StringComparison.Ordinal);
        Assert.Contains("enlarges_by", later, StringComparison.Ordinal);

        Assert.Equal([new UpscalerDescription("x4", "sha256:a")], UpscalerNames.Read(later));
    }

    private static (bool IsActive, string? Upscalers) Worker(bool isActive, params (string Name, string Digest)[] held) =>
        (isActive, UpscalerNames.Write([.. held.Select(entry => new UpscalerDescription(entry.Name, entry.Digest))]));
}
