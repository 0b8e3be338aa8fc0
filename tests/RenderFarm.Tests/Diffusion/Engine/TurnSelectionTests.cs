using CsCheck;
using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Engine;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Engine;

public sealed class TurnSelectionTests
{
    private static readonly TurnLimits Limits = new(Images: 4, Rows: 6, PixelsPerCell: 1, TimestepPerRow: true);

    [Fact]
    public void Short_image_overtakes_long_ones_that_are_on_their_way()
    {
        var line = new Line(Limits with { Images = 1 });
        var (first, second) = (line.Enter(50), line.Enter(50));
        line.Turn();
        var four = line.Enter(4);
        for (var turn = 0; turn < 4; turn++) Assert.Same(four, Assert.Single(line.Turn()));
        Assert.Same(first, Assert.Single(line.Turn()));
        Assert.Equal(50, second.TurnsLeft);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(12)]
    public void Long_image_is_not_starved_by_an_endless_stream_of_short_ones(int side)
    {
        var line = new Line(Limits with { Images = 1 });
        var patient = line.Enter(50, side);
        var turns = 0;
        while (patient.TurnsLeft > 0)
        {
            line.Enter(4);
            line.Turn();
            // Newcomers stop overtaking after 4 × 50 turns; those before them, one a turn, take 4 turns each.
            Assert.InRange(++turns, 1, 1_000);
        }
    }

    [Fact]
    public void Images_of_other_shapes_prompt_lengths_or_timesteps_where_one_is_shared_do_not_join()
    {
        var line = new Line(Limits with { TimestepPerRow = false });
        var first = line.Enter(10, timestep: 900);
        line.Enter(10, side: 3, timestep: 900);
        line.Enter(10, tokens: 154, timestep: 900);
        line.Enter(10, timestep: 800);
        var same = line.Enter(10, timestep: 900);
        Assert.Equal([first, same], line.Turn());
    }

    [Fact]
    public void Image_that_is_too_large_for_every_limit_runs_alone()
    {
        var line = new Line(Limits with { Rows = 1 });
        var large = line.Enter(5, side: 64, rows: 2);
        line.Enter(5, side: 64, rows: 1);
        Assert.Equal([large], line.Turn(maxPixels: 10));
    }

    [Fact]
    public void One_row_image_fills_the_place_that_a_two_row_image_cannot()
    {
        var line = new Line(Limits with { Rows = 3 });
        line.Enter(5);
        line.Enter(5);
        var single = line.Enter(5, rows: 1);
        Assert.Same(single, line.Turn()[1]);
    }

    [Fact]
    public void Every_choice_obeys_its_limits_and_everybody_finishes() => Gen.Select(
        Gen.Select(Gen.Int[1, 20], Gen.Int[1, 3], Gen.Int[1, 2], Gen.Int[0, 30]).Array[1, 30],
        Gen.Int[1, 8],
        Gen.Int[1, 16],
        Gen.Int[1, 100],
        Gen.Bool).Sample((images, slots, maxRows, maxPixels, timestepPerRow) =>
        {
            var limits = new TurnLimits(slots, maxRows, 1, timestepPerRow);
            var line = new Line(limits);
            var bound = images.Sum(image => image.Item1) + images.Max(image => image.Item4) + 1;
            for (var turn = 0; turn <= bound; turn++)
            {
                foreach (var (steps, side, rows, _) in images.Where(image => image.Item4 == turn)) line.Enter(steps, side, rows);
                Check(line.Turn(maxPixels), limits, maxPixels);
            }

            Assert.Empty(line.Waiting);
        });

    private static void Check(List<Candidate> chosen, TurnLimits limits, int maxPixels)
    {
        if (chosen.Count < 2) return;
        var rows = chosen.Sum(image => image.Rows);
        Assert.Single(chosen.Select(image => image.Shape).Distinct());
        Assert.InRange(chosen.Count, 2, limits.Images);
        Assert.InRange(rows, 2, limits.Rows);
        Assert.InRange(rows * chosen[0].Shape.Latent.Height * chosen[0].Shape.Latent.Width, 2, maxPixels);
        if (!limits.TimestepPerRow) Assert.Single(chosen.Select(image => image.Timestep).Distinct());
    }

    /// <summary>A line as the engine keeps it, without an engine.</summary>
    private sealed class Line(TurnLimits limits)
    {
        private readonly TurnSelection _selection = new(limits);

        public List<Candidate> Waiting { get; } = [];

        public Candidate Enter(int steps, int side = 2, int rows = 2, int tokens = 77, float timestep = 0)
        {
            var image = new Candidate(new CallShape(new LatentShape(4, side, side), tokens, 96), rows, timestep) { TurnsLeft = steps };
            _selection.Enter(image);
            Waiting.Add(image);
            return image;
        }

        public List<Candidate> Turn(long maxPixels = 10_000)
        {
            List<Candidate> chosen = [];
            var rows = _selection.Choose(Waiting, chosen, maxPixels);
            Assert.Equal(rows, chosen.Sum(image => image.Rows));
            if (Waiting.Count > 0) Assert.Equal(Waiting.Min(image => image.Due), chosen[0].Due);
            chosen.ForEach(image => image.TurnsLeft--);
            Waiting.RemoveAll(image => image.TurnsLeft == 0);
            return chosen;
        }
    }

    private sealed class Candidate(CallShape shape, int rows, float timestep) : ITurnCandidate
    {
        public CallShape Shape => shape;

        public int Rows => rows;

        public int TurnsLeft { get; set; }

        public float Timestep => timestep + TurnsLeft;

        public long Due { get; set; }
    }
}
