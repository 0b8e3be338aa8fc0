using RenderFarm.Diffusion.Text;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Text;

public sealed class PromptWeightsTests
{
    [Fact]
    public void Weighted_embedding_has_its_old_mean_back()
    {
        // Mean 2.5; weighted (1, 2, 6, 8) has mean 4.25.
        float[] embedding = [1, 2, 3, 4];
        PromptWeights.Apply(embedding, new PromptChunk([0, 0], [1, 2]));
        Assert.Equal([1 * 2.5f / 4.25f, 2 * 2.5f / 4.25f, 6 * 2.5f / 4.25f, 8 * 2.5f / 4.25f], embedding, (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Fact]
    public void Weights_of_1_change_no_bit()
    {
        float[] embedding = [0.1f, -0.7f, 1e-30f, float.NaN];
        PromptWeights.Apply(embedding, PromptChunk.Unweighted([0, 0]));
        Assert.Equal([0.1f, -0.7f, 1e-30f, float.NaN], embedding);
    }

    [Fact]
    public void Weights_that_leave_nothing_are_refused()
    {
        float[] embedding = [1, 2, 3, 4];
        Assert.Throws<FormatException>(() => PromptWeights.Apply(embedding, new PromptChunk([0, 0], [0, 0])));
    }
}
