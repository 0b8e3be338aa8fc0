using RenderFarm.Diffusion.Onnx;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Onnx;

public sealed class OwnedTests
{
    [Fact]
    public void Parts_are_freed_last_first_when_memory_runs_out_before_the_whole_is_put_together()
    {
        List<int> freed = [];
        Assert.Throws<InsufficientMemoryException>(() =>
        {
            using var owned = new Owned();
            owned.Add(new Part(1, freed));
            owned.Add(new Part(2, freed));
            return owned.Release(Fail());
        });
        Assert.Equal([2, 1], freed);
    }

    [Fact]
    public void Parts_of_what_is_put_together_stay()
    {
        List<int> freed = [];
        using (var owned = new Owned()) owned.Release(owned.Add(new Part(1, freed)));
        Assert.Empty(freed);
    }

    private static int Fail() => throw new InsufficientMemoryException();

    private sealed class Part(int name, List<int> freed) : IDisposable
    {
        public void Dispose() => freed.Add(name);
    }
}
