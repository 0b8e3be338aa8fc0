using CsCheck;
using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Engine;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Engine;

/// <summary>Random mixes of images, arrivals, cancels and faults, all at exact UNet calls: what the engine does with them is the same in every run.</summary>
public sealed class EngineInterleavingTests
{
    private static readonly string[] Samplers = ["dpmpp_2m", "plms", "euler_a", "heun", "lcm", "dpmpp_sde", "unipc", "ddim"];

    private static readonly RowCounts[] Counts =
        [RowCounts.Any, RowCounts.Of(2), RowCounts.Of(8), RowCounts.Of(1, 2), RowCounts.Of(2, 8), RowCounts.Of(3, 4), RowCounts.Of(1, 2, 3, 8)];

    private static readonly Gen<Plan> AnyPlan = Gen.Select(
        Gen.Select(Gen.Int[0, Samplers.Length - 1], Gen.Int[2, 12], Gen.Bool, Gen.Int[2, 4], Gen.Int[0, 25], Gen.Int[0, 60]).Array[1, 9],
        Gen.Int[1, 6],
        Gen.Select(Gen.Int[1, 12], Gen.Int[0, Counts.Length - 1]),
        Gen.Bool,
        Gen.Int[0, 8],
        Gen.Int[0, 30].Array[0, 4],
        (images, slots, rows, timestepPerRow, memory, faults) => new Plan(
            [.. images.Select((image, name) => new PlannedImage(
                new AnImage(name, Samplers[image.Item1], image.Item2, image.Item3, image.Item4)
                {
                    Prompt = name == 7 ? float.NaN : 0.01f * (name + 1),
                    // Some are guided in between only, some have a longer prompt: both follow from what is drawn already, so that shrinking stays simple.
                    Guidance = image.Item5 % 3 == 0 ? new GuidanceSettings(4, Start: 0.2, End: 0.1 * (2 + (image.Item2 % 9))) : new GuidanceSettings(4),
                    Tokens = 1 + (image.Item6 % 2),
                },
                ArrivesAt: image.Item5,
                CanceledAt: image.Item6 > 40 ? image.Item6 - 40 + image.Item5 : null))],
            new TurnLimits(slots, rows.Item1, 1, timestepPerRow) { Counts = Counts[rows.Item2] },
            Memory: memory == 0 ? int.MaxValue : memory * 8,
            TransientFaults: [.. faults.Select(call => 2 * call)]));

    [Fact]
    public void Every_image_ends_as_if_it_were_alone_or_with_its_own_reason() => AnyPlan.Sample(plan =>
    {
        using var run = new PlannedRun(plan);
        run.Finish();
        foreach (var planned in plan.Images) CheckEnd(planned, plan, run.Ends[planned.Image.Name]);
        foreach (var (name, canceledAt) in run.Canceled)
            Assert.DoesNotContain(name, run.Calls.Skip(canceledAt).SelectMany(names => names));
        Assert.Equal(0, run.OpenBuffers);
    }, iter: 2_000);

    private static void CheckEnd(PlannedImage planned, Plan plan, Task<float[]> end)
    {
        var image = planned.Image;
        if (end.IsCanceled)
        {
            Assert.NotNull(planned.CanceledAt);
        }
        else if (end.IsFaulted)
        {
            var reason = Assert.IsType<GenerationException>(end.Exception!.InnerException).Error;
            var expected = plan.Limits.Counts.Pad(image.Rows) * image.Side * image.Side > plan.Memory ? GenerationError.OutOfMemory : GenerationError.NotFinite;
            Assert.Equal(expected, reason);
            if (expected == GenerationError.NotFinite) Assert.True(float.IsNaN(image.Prompt));
        }
        else
        {
            Assert.Equal(image.Alone(), end.Result);
        }
    }
}
