using RenderFarm.Coordinator.Workers;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Workers;

public sealed class CatalogTests
{
    [Fact]
    public void Default_is_the_first_announced_that_a_worker_holds()
    {
        Assert.Equal("b", new Catalog([Entry("a", 1, workers: 0), Entry("b", 2, workers: 1), Entry("c", 3, workers: 5)], null).Default!.Name);
        Assert.Equal("a", new Catalog([Entry("a", 1, workers: 0), Entry("b", 2, workers: 0)], null).Default!.Name);
        Assert.Null(new Catalog([], null).Default);
    }

    [Fact]
    public void Configured_default_wins_and_an_unknown_one_is_none() =>
        Assert.Equal(("b", null), (
            new Catalog([Entry("a", 1, workers: 1), Entry("b", 2, workers: 0)], "b").Default!.Name,
            new Catalog([Entry("a", 1, workers: 1)], "zzz").Default));

    [Fact]
    public void Name_means_the_checkpoint_that_workers_hold_then_the_latest_and_a_digest_means_itself()
    {
        var catalog = new Catalog([Entry("a", 1, 0, "old"), Entry("a", 2, 1, "held"), Entry("a", 3, 0, "new")], null);

        Assert.Equal(("held", "old", null), (catalog.Find("a")!.Digest, catalog.Find("old")!.Digest, catalog.Find("A")));
        Assert.Equal(["a"], catalog.Names);
        Assert.Equal("new", new Catalog([Entry("a", 1, 0, "old"), Entry("a", 3, 0, "new")], null).Find("a")!.Digest);
    }

    private static CatalogEntry Entry(string name, int seen, int workers, string? digest = null) => new(
        ScriptedWorker.Checkpoint(name, digest ?? $"sha256:{name}"), DateTimeOffset.FromUnixTimeSeconds(seen), DateTimeOffset.FromUnixTimeSeconds(seen), workers);
}
