using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Text;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Denoising;

public sealed class ConditioningTests
{
    private static readonly PromptEmbedding Text = new(new float[8], 4, 2);

    [Fact]
    public void Plain_row_brings_nothing_beside_its_prompt()
    {
        var extras = new Conditioning(Text).ExtrasFor(new LatentShape(4, 3, 2));
        Assert.Equal(default, extras);
        Assert.Equal("nothing", extras.ToString());
    }

    [Fact]
    public void Extra_inputs_are_counted_and_named()
    {
        var row = new Conditioning(Text) { Pooled = new float[12], TimeIds = new float[6], GuidanceEmbedding = new float[256], Channels = new float[5 * 6], ClassLabel = 0 };
        var extras = row.ExtrasFor(new LatentShape(4, 3, 2));
        Assert.Equal(new ExtraInputs(12, 6, 256, 5, true), extras);
        Assert.Equal("text_embeds[12], time_ids[6], timestep_cond[256], 5 channels beside the latent, class_labels", extras.ToString());
    }

    [Fact]
    public void Channels_that_are_no_whole_planes_are_refused() =>
        Assert.Throws<ArgumentException>(() => new Conditioning(Text) { Channels = new float[7] }.ExtrasFor(new LatentShape(4, 3, 2)));
}
