using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Engine;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Engine;

public sealed class DenoisingEngineTests
{
    private static readonly TurnLimits Limits = new(Images: 8, Rows: 16, PixelsPerCell: 1, TimestepPerRow: true);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Image_whose_latent_becomes_infinite_fails_alone_and_says_so()
    {
        using var engine = Engine(new FakeDenoiser());
        var sick = engine.RunAsync(new AnImage(1) { Prompt = float.PositiveInfinity }.ToSlot());
        var well = engine.RunAsync(new AnImage(2).ToSlot());
        var failure = await Assert.ThrowsAsync<GenerationException>(() => sick);
        Assert.Equal(GenerationError.NotFinite, failure.Error);
        Assert.Equal(new AnImage(2).Alone(), await well);
    }

    [Fact]
    public async Task Call_that_does_not_fit_is_made_again_with_half_the_rows_and_no_image_fails()
    {
        List<int> rows = [];
        using var inside = new ManualResetEventSlim();
        using var arrived = new ManualResetEventSlim();
        var denoiser = new FakeDenoiser(onRun: (call, _) =>
        {
            inside.Set();
            arrived.Wait();
            rows.Add(call.Rows);
            if (call.Rows > 5) throw new InsufficientMemoryException("bad_alloc");
        });
        using var engine = Engine(denoiser);
        var images = Enumerable.Range(0, 8).Select(name => new AnImage(name)).ToArray();
        List<Task<float[]>> ends = [engine.RunAsync(images[0].ToSlot())];
        inside.Wait(Cancellation);
        ends.AddRange(images[1..].Select(image => engine.RunAsync(image.ToSlot())));
        arrived.Set();
        for (var name = 0; name < images.Length; name++) Assert.Equal(images[name].Alone(), await ends[name]);
        Assert.Equal([16, 8, 4], rows.Where(count => count > 2).Distinct());
        Assert.Equal(2, rows.Count(count => count > 5));
    }

    [Fact]
    public async Task Image_that_does_not_fit_alone_fails_with_out_of_memory_after_one_more_try_with_everything_freed()
    {
        List<int> open = [];
        FakeDenoiser? denoiser = null;
        denoiser = new FakeDenoiser(onRun: (call, _) =>
        {
            if (call.Shape.Width < 4) return;
            open.Add(denoiser!.Open);
            throw new InsufficientMemoryException("CUDA failure 2: out of memory");
        });
        using var engine = Engine(denoiser);
        Assert.Equal(new AnImage(1).Alone(), await engine.RunAsync(new AnImage(1).ToSlot()));
        var failure = await Assert.ThrowsAsync<GenerationException>(() => engine.RunAsync(new AnImage(2, Side: 4).ToSlot()));
        Assert.Equal(GenerationError.OutOfMemory, failure.Error);
        Assert.Contains("4×4 latent cells (2 rows)", failure.Message, StringComparison.Ordinal);
        Assert.Equal([2, 1], open);
        Assert.Equal(new AnImage(3).Alone(), await engine.RunAsync(new AnImage(3).ToSlot()));
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(8, true)]
    public async Task Images_whose_own_call_is_the_shared_one_fail_when_that_does_not_fit(int count, bool guided)
    {
        using var arrived = new ManualResetEventSlim();
        var denoiser = new FakeDenoiser(onRun: (call, _) =>
        {
            arrived.Wait();
            if (call.Shape.Width == 4) throw new InsufficientMemoryException("bad_alloc");
        });
        using var engine = new DenoisingEngine(denoiser, Limits with { Counts = RowCounts.Of(count) }, maxPixels: 1_000, TimeProvider.System);
        var large = Enumerable.Range(0, 4).Select(name => engine.RunAsync(new AnImage(name, Guided: guided, Side: 4).ToSlot())).ToArray();
        var small = engine.RunAsync(new AnImage(9).ToSlot());
        arrived.Set();
        foreach (var end in large)
        {
            var failure = await Assert.ThrowsAsync<GenerationException>(() => end.WaitAsync(TimeSpan.FromSeconds(30), Cancellation));
            Assert.Equal(GenerationError.OutOfMemory, failure.Error);
            Assert.Contains($"({count} rows)", failure.Message, StringComparison.Ordinal);
        }

        Assert.Equal(new AnImage(9).Alone(), await small);
    }

    [Fact]
    public async Task Image_of_one_row_goes_on_alone_where_two_rows_do_not_fit_and_one_may_be_called()
    {
        using var arrived = new ManualResetEventSlim();
        var denoiser = new FakeDenoiser(onRun: (call, _) =>
        {
            arrived.Wait();
            if (call.Rows > 1) throw new InsufficientMemoryException("bad_alloc");
        });
        using var engine = new DenoisingEngine(denoiser, Limits with { Counts = RowCounts.Of(1, 2, 8) }, maxPixels: 1_000, TimeProvider.System);
        var images = Enumerable.Range(0, 3).Select(name => new AnImage(name, Guided: false)).ToArray();
        var ends = images.Select(image => engine.RunAsync(image.ToSlot())).ToArray();
        arrived.Set();
        foreach (var (image, end) in images.Zip(ends)) Assert.Equal(image.Alone(), await end.WaitAsync(TimeSpan.FromSeconds(30), Cancellation));
    }

    [Fact]
    public async Task Fault_of_a_call_fails_the_images_in_it_and_the_engine_goes_on()
    {
        var broken = true;
        using var engine = Engine(new FakeDenoiser(onRun: (_, _) =>
        {
            if (broken) throw new InvalidOperationException("node Conv_7 failed");
        }));
        var failure = await Assert.ThrowsAsync<GenerationException>(() => engine.RunAsync(new AnImage(1).ToSlot()));
        Assert.Equal(GenerationError.EngineFailed, failure.Error);
        Assert.Contains("Conv_7", failure.Message, StringComparison.Ordinal);
        broken = false;
        Assert.Equal(new AnImage(2).Alone(), await engine.RunAsync(new AnImage(2).ToSlot()));
    }

    [Fact]
    public async Task Watcher_that_throws_fails_its_own_image_and_no_other()
    {
        using var engine = Engine(new FakeDenoiser());
        var watched = engine.RunAsync(new AnImage(1) { Watcher = new ThrowAt(2) }.ToSlot());
        var other = engine.RunAsync(new AnImage(2).ToSlot());
        await Assert.ThrowsAsync<NotSupportedException>(() => watched);
        Assert.Equal(new AnImage(2).Alone(), await other);
    }

    [Fact]
    public async Task Disposed_engine_cancels_everybody_and_takes_no_one_in()
    {
        using var inside = new ManualResetEventSlim();
        var denoiser = new FakeDenoiser(onRun: (_, options) =>
        {
            inside.Set();
            SpinWait.SpinUntil(() => options.Terminate);
            throw new InvalidOperationException("Terminated, as ONNX Runtime would say.");
        });
        var engine = Engine(denoiser);
        var first = engine.RunAsync(new AnImage(1).ToSlot());
        inside.Wait(Cancellation);
        var second = engine.RunAsync(new AnImage(2).ToSlot());
        engine.Dispose();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => engine.RunAsync(new AnImage(3).ToSlot()));
        Assert.Equal(0, denoiser.Open);
    }

    [Fact]
    public async Task Work_between_two_turns_finds_every_buffer_freed_and_changes_no_image()
    {
        using var inside = new ManualResetEventSlim();
        using var waiting = new ManualResetEventSlim();
        var denoiser = new FakeDenoiser(onRun: (_, _) =>
        {
            inside.Set();
            waiting.Wait();
        });
        using var engine = Engine(denoiser);
        var end = engine.RunAsync(new AnImage(1).ToSlot());
        inside.Wait(Cancellation);
        var open = -1;
        var work = new Thread(() => engine.RunBetweenTurns(() => open = denoiser.Open));
        work.Start();
        SpinWait.SpinUntil(() => work.ThreadState.HasFlag(ThreadState.WaitSleepJoin));
        waiting.Set();
        work.Join();
        Assert.Equal(0, open);
        Assert.Equal(new AnImage(1).Alone(), await end);
    }

    [Fact]
    public void Work_between_turns_is_done_by_an_engine_that_has_stopped_and_its_fault_comes_back()
    {
        var engine = Engine(new FakeDenoiser());
        engine.Dispose();
        var done = false;
        engine.RunBetweenTurns(() => done = true);
        Assert.True(done);
        Assert.Throws<InsufficientMemoryException>(() => engine.RunBetweenTurns(() => throw new InsufficientMemoryException("bad_alloc")));
    }

    [Fact]
    public async Task Images_at_different_steps_share_calls_where_the_graph_allows_it()
    {
        using var arrived = new ManualResetEventSlim();
        var denoiser = new FakeDenoiser(onRun: (_, _) => arrived.Wait());
        using var engine = Engine(denoiser);
        var ends = new[] { new AnImage(1, Steps: 20), new AnImage(2, "euler_a", Steps: 9), new AnImage(3, "ddim", Steps: 20, Guided: false) }
            .Select(image => engine.RunAsync(image.ToSlot())).ToArray();
        arrived.Set();
        await Task.WhenAll(ends);
        Assert.InRange(engine.Turns, 20, 21);
    }

    [Fact]
    public async Task Guidance_in_the_middle_60_percent_of_the_turns_takes_four_fifths_of_the_rows()
    {
        var rows = 0;
        using var engine = Engine(new FakeDenoiser(onRun: (call, _) => rows += call.Rows));
        var image = new AnImage(1, Steps: 20);
        Assert.Equal(image.Alone(), await engine.RunAsync(image.ToSlot()));
        var everywhere = rows;
        rows = 0;
        image = image with { Guidance = new GuidanceSettings(4, Start: 0.2, End: 0.8) };
        Assert.Equal(image.Alone(), await engine.RunAsync(image.ToSlot()));
        Assert.Equal((40, 32), (everywhere, rows));
    }

    [Fact]
    public async Task Images_with_prompts_of_different_length_share_no_call()
    {
        using var arrived = new ManualResetEventSlim();
        var denoiser = new FakeDenoiser(onRun: (_, _) => arrived.Wait());
        using var engine = Engine(denoiser);
        var images = new[] { new AnImage(1), new AnImage(2) { Tokens = 2 }, new AnImage(3) };
        var ends = images.Select(image => engine.RunAsync(image.ToSlot())).ToArray();
        arrived.Set();
        foreach (var (image, end) in images.Zip(ends)) Assert.Equal(image.Alone(), await end);
        Assert.DoesNotContain(denoiser.Calls, names => names.Contains(2) && names.Length > 1);
    }

    [Fact]
    public async Task Images_with_other_extra_inputs_share_no_call()
    {
        using var arrived = new ManualResetEventSlim();
        var denoiser = new FakeDenoiser(onRun: (_, _) => arrived.Wait());
        using var engine = Engine(denoiser);
        var images = new[] { new AnImage(1), new AnImage(2) { PooledWidth = 3 }, new AnImage(3), new AnImage(4) { PooledWidth = 3 } };
        var ends = images.Select(image => engine.RunAsync(image.ToSlot())).ToArray();
        arrived.Set();
        foreach (var (image, end) in images.Zip(ends)) Assert.Equal(image.Alone(), await end);
        Assert.DoesNotContain(denoiser.Calls, names => names.Any(name => name is 2 or 4) && names.Any(name => name is 1 or 3));
        Assert.Contains(denoiser.Calls, names => names.Length == 2);
    }

    private static DenoisingEngine Engine(FakeDenoiser denoiser) => new(denoiser, Limits, maxPixels: 1_000, TimeProvider.System);

    private sealed class ThrowAt(int turn) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value)
        {
            if (value.Turn == turn) throw new NotSupportedException("a watcher's own fault");
        }
    }
}
