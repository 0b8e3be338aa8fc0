using Microsoft.ML.OnnxRuntime;
using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Onnx;
using RenderFarm.Diffusion.Text;
using RenderFarm.Diffusion.Text.Tokenization;
using RenderFarm.Testing.Onnx.Networks;
using Xunit;

namespace RenderFarm.ModelTests;

/// <summary>What the rows of SDXL and latent consistency UNets are told, against ONNX Runtime called by hand on the same tiny graphs.</summary>
public sealed class ConditioningTests : IDisposable
{
    private const string Prompt = "a red circle";
    private static readonly GuidanceSettings Guidance = new(5);
    private readonly string _folder = Directory.CreateTempSubdirectory("renderfarm-conditioning-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void SDXL_row_holds_both_encoders_side_by_side_and_the_pooled_embedding_of_the_second(int clipSkip)
    {
        using var graphs = Load(TinyCheckpoint.StableDiffusionXL());
        var request = new GenerationRequest { Prompt = Prompt, NegativePrompt = "blur", ClipSkip = clipSkip };
        var (prompt, negative) = graphs.Conditioning.Encode(request, Guidance, guided: true, (24, 16));
        foreach (var (row, text) in new[] { (prompt, Prompt), (negative!, "blur") })
        {
            // Three layers and four: hidden_states.3 and .4 are the last, those before them SDXL's.
            var first = Bare("text_encoder", text, padId: 839, $"hidden_states.{3 - clipSkip}");
            var second = Bare("text_encoder_2", text, padId: 0, $"hidden_states.{4 - clipSkip}");
            Assert.Equal((77, 40), (row.Text.Tokens, row.Text.Width));
            for (var token = 0; token < 77; token++)
            {
                Assert.Equal(first[(token * 24)..((token + 1) * 24)], row.Text.Values.Slice(token * 40, 24).ToArray());
                Assert.Equal(second[(token * 16)..((token + 1) * 16)], row.Text.Values.Slice((token * 40) + 24, 16).ToArray());
            }

            Assert.Equal(Bare("text_encoder_2", text, padId: 0, "text_embeds"), row.Pooled);
            Assert.Equal([16, 24, 0, 0, 16, 24], row.TimeIds);
        }
    }

    [Fact]
    public void Text_encoder_with_a_fixed_number_of_rows_is_fed_that_many()
    {
        var tiny = TinyCheckpoint.StableDiffusionXL();
        using var open = Load(tiny);
        var expected = Encode(open, new GenerationRequest { Prompt = Prompt }).Prompt;
        Directory.Delete(_folder, recursive: true);
        using var shut = Load(tiny with { Encoders = [.. tiny.Encoders.Select(encoder => encoder with { Network = encoder.Network with { Batch = 2 } })] });
        var actual = Encode(shut, new GenerationRequest { Prompt = Prompt }).Prompt;
        Close.Assert(expected.Text.Values, actual.Text.Values, 1e-6, "embedding");
        Close.Assert(expected.Pooled, actual.Pooled, 1e-6, "pooled embedding");
    }

    [Fact]
    public void Clip_skip_beyond_the_first_layer_of_the_shorter_encoder_is_refused()
    {
        using var graphs = Load(TinyCheckpoint.StableDiffusionXL());
        var error = Assert.Throws<GenerationException>(() => Encode(graphs, new GenerationRequest { Prompt = Prompt, ClipSkip = 4 }));
        Assert.Equal("clip_skip is 4; allowed: 1…3.", error.Message);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData(" ", false)]
    public void Empty_negative_prompt_is_zeros_where_the_checkpoint_says_so(string negativePrompt, bool zeros)
    {
        using var graphs = Load(TinyCheckpoint.StableDiffusionXL());
        var negative = Encode(graphs, new GenerationRequest { Prompt = Prompt, NegativePrompt = negativePrompt }).Negative!;
        Assert.Equal(zeros, negative.Text.Values.ToArray().All(value => value == 0) && negative.Pooled.All(value => value == 0));
        Assert.Equal(12, negative.Pooled.Length);
    }

    [Fact]
    public void Empty_negative_prompt_is_encoded_where_the_checkpoint_says_nothing()
    {
        using var graphs = Load(TinyCheckpoint.StableDiffusion1());
        var negative = Encode(graphs, new GenerationRequest { Prompt = Prompt }).Negative!;
        Assert.Equal(Bare("text_encoder", "", padId: 839, "last_hidden_state"), negative.Text.Values.ToArray());
    }

    [Fact]
    public void Pad_token_of_SD2_is_read_from_its_tokenizer_files()
    {
        using var graphs = Load(TinyCheckpoint.StableDiffusion2());
        var prompt = Encode(graphs, new GenerationRequest { Prompt = Prompt }).Prompt;
        Assert.Equal(Bare("text_encoder", Prompt, padId: 0, "last_hidden_state"), prompt.Text.Values.ToArray());
        Assert.NotEqual(Bare("text_encoder", Prompt, padId: 839, "last_hidden_state"), prompt.Text.Values.ToArray());
    }

    [Fact]
    public void Weights_act_on_each_encoder_by_itself_and_not_on_the_pooled_embedding()
    {
        using var graphs = Load(TinyCheckpoint.StableDiffusionXL());
        var plain = Encode(graphs, new GenerationRequest { Prompt = Prompt }).Prompt;
        var weighted = Encode(graphs, new GenerationRequest { Prompt = "a (red:1.5) circle" }).Prompt;
        Assert.Equal(plain.Pooled, weighted.Pooled);
        foreach (var (from, to) in new[] { (0, 24), (24, 40) })
        {
            Assert.NotEqual(Columns(plain, from, to), Columns(weighted, from, to));
            Assert.Equal(Columns(plain, from, to).Average(value => (double)value), Columns(weighted, from, to).Average(value => (double)value), 6);
        }
    }

    [Fact]
    public void Pooled_embedding_of_a_long_prompt_is_that_of_its_first_chunk()
    {
        using var graphs = Load(TinyCheckpoint.StableDiffusionXL());
        var prompt = Encode(graphs, new GenerationRequest { Prompt = $"{Prompt} BREAK a blue square" }).Prompt;
        Assert.Equal(154, prompt.Text.Tokens);
        Assert.Equal(Encode(graphs, new GenerationRequest { Prompt = Prompt }).Prompt.Pooled, prompt.Pooled);
    }

    [Fact]
    public void Refiner_is_told_an_aesthetic_score_in_place_of_the_target_size()
    {
        var tiny = TinyCheckpoint.StableDiffusionXL();
        tiny = tiny with { UNet = tiny.UNet with { TimeIds = 5, TextWidth = 16 }, Encoders = [tiny.Encoders[1]] };
        using var graphs = Load(tiny);
        var (prompt, negative) = graphs.Conditioning.Encode(new GenerationRequest { Prompt = Prompt }, Guidance, guided: true, (24, 16));
        Assert.Equal([16, 24, 0, 0, 6], prompt.TimeIds);
        Assert.Equal([16, 24, 0, 0, 2.5f], negative!.TimeIds);
        Assert.Equal(CheckpointFamily.StableDiffusionXLRefiner, CheckpointAnatomy.Read(Checkpoint.Open(_folder)).Family);
    }

    [Fact]
    public void Guidance_of_a_latent_consistency_UNet_is_an_input_and_takes_no_second_row()
    {
        using var graphs = Load(TinyCheckpoint.LatentConsistency());
        Assert.False(graphs.Conditioning.IsGuided(Guidance, 4));
        var (prompt, negative) = graphs.Conditioning.Encode(new GenerationRequest { Prompt = Prompt }, Guidance, guided: false, (16, 16));
        Assert.Null(negative);
        Assert.Equal(GuidanceEmbedding.Of(5, 256), prompt.GuidanceEmbedding);
    }

    [Fact]
    public void Guidance_that_an_embedding_cannot_express_is_refused()
    {
        using var graphs = Load(TinyCheckpoint.LatentConsistency());
        var error = Assert.Throws<GenerationException>(() =>
            graphs.Conditioning.Encode(new GenerationRequest { Prompt = Prompt }, Guidance with { Rescale = 0.5 }, guided: false, (16, 16)));
        Assert.StartsWith("guidance_rescale is 0.5", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void UNet_that_takes_a_picture_is_not_run_without_one()
    {
        var tiny = TinyCheckpoint.StableDiffusion1();
        using var inpainting = Load(tiny with { UNet = tiny.UNet with { InChannels = 9 } });
        var error = Assert.Throws<GenerationException>(() => Encode(inpainting, new GenerationRequest { Prompt = Prompt }));
        Assert.Equal((GenerationError.BadRequest, "initial_image is missing; this checkpoint's UNet takes 5 channels of a picture beside the latent."), (error.Error, error.Message));
    }

    [Fact]
    public void UNet_that_wants_a_pooled_embedding_is_refused_beside_an_encoder_that_gives_none()
    {
        var tiny = TinyCheckpoint.StableDiffusionXL();
        var second = tiny.Encoders[1];
        var error = Assert.Throws<CheckpointException>(() => Load(tiny with { Encoders = [tiny.Encoders[0], second with { Network = second.Network with { Projection = 0 } }] }).Dispose());
        Assert.Contains("the UNet takes 'text_embeds', but this encoder gives no text_embeds", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_extra_input_reaches_its_row()
    {
        var network = new UNetNetwork([8, 16], [false, true], 4, 8, 4) { PooledWidth = 6, GuidanceWidth = 32, InChannels = 7, HasClassLabels = true };
        var file = network.Build(WeightSource.Random(7)).Save(Path.Combine(_folder, "unet.onnx"));
        var shape = new LatentShape(4, 6, 4);
        using var unet = new UNet(OnnxGraph.Load(file, new OnnxSessionFactory(new PipelineOptions { Threads = 1 })));
        Conditioning[] told = [.. Enumerable.Range(0, 3).Select(row => Told(row, shape))];
        using var call = unet.Prepare(3, shape, 77, 8, told[0].ExtrasFor(shape));
        for (var row = 0; row < 3; row++)
        {
            call.Sample(row).Fill(row);
            call.SetTimestep(row, 100 * row);
            call.SetConditioning(row, told[row]);
        }

        using var options = new RunOptions();
        unet.Run(call, options);
        for (var row = 0; row < 3; row++) Assert.Equal(Bare(file, shape, row, told[row]), call.Prediction(row).ToArray());
        Assert.Throws<ArgumentException>(() => unet.Prepare(3, shape, 77, 8));
    }

    private static Conditioning Told(int row, LatentShape shape)
    {
        var random = new Random(row);
        float[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)random.NextDouble())];
        return new Conditioning(new PromptEmbedding(Draw(77 * 8), 77, 8))
        {
            Pooled = Draw(6),
            TimeIds = Draw(6),
            GuidanceEmbedding = Draw(32),
            Channels = Draw(3 * shape.Height * shape.Width),
            ClassLabel = 20 + row,
        };
    }

    private static float[] Bare(string file, LatentShape shape, int row, Conditioning told)
    {
        using var session = Session(file);
        float[] sample = [.. Enumerable.Repeat((float)row, shape.Length), .. told.Channels];
        (string Name, OrtValue Value)[] inputs =
        [
            ("sample", OrtValue.CreateTensorValueFromMemory(sample, [1, 7, shape.Height, shape.Width])),
            ("timestep", OrtValue.CreateTensorValueFromMemory([100f * row], [1])),
            ("encoder_hidden_states", OrtValue.CreateTensorValueFromMemory(told.Text.Values.ToArray(), [1, 77, 8])),
            ("text_embeds", OrtValue.CreateTensorValueFromMemory(told.Pooled, [1, 6])),
            ("time_ids", OrtValue.CreateTensorValueFromMemory(told.TimeIds, [1, 6])),
            ("timestep_cond", OrtValue.CreateTensorValueFromMemory(told.GuidanceEmbedding, [1, 32])),
            ("class_labels", OrtValue.CreateTensorValueFromMemory([(long)told.ClassLabel!.Value], [1])),
        ];
        using var options = new RunOptions();
        using var results = session.Run(options, [.. inputs.Select(input => input.Name)], [.. inputs.Select(input => input.Value)], ["out_sample"]);
        foreach (var (_, value) in inputs) value.Dispose();
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }

    /// <summary>An output of a text encoder for a text, padded by hand.</summary>
    private float[] Bare(string component, string text, long padId, string output)
    {
        var tokenizer = ClipTokenizer.Load(Path.Combine(_folder, "tokenizer"));
        var ids = Enumerable.Repeat(padId, 77).ToArray();
        long[] words = [tokenizer.BeginId, .. tokenizer.Encode(text).Select(id => (long)id), tokenizer.EndId];
        words.CopyTo(ids, 0);
        using var session = Session(Path.Combine(_folder, component, "model.onnx"));
        using var options = new RunOptions();
        using var input = OrtValue.CreateTensorValueFromMemory(ids, [1, 77]);
        using var results = session.Run(options, ["input_ids"], [input], [output]);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }

    private static InferenceSession Session(string file)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1 };
        return new InferenceSession(file, options);
    }

    private static float[] Columns(Conditioning row, int from, int to)
    {
        var values = row.Text.Values.ToArray();
        return [.. Enumerable.Range(0, row.Text.Tokens).SelectMany(token => values[((token * row.Text.Width) + from)..((token * row.Text.Width) + to)])];
    }

    private static (Conditioning Prompt, Conditioning? Negative) Encode(CheckpointGraphs graphs, GenerationRequest request) =>
        graphs.Conditioning.Encode(request, Guidance, guided: true, (16, 16));

    private CheckpointGraphs Load(TinyCheckpoint tiny) =>
        CheckpointGraphs.Load(Checkpoint.Open(tiny.Write(_folder)), new OnnxSessionFactory(new PipelineOptions { Threads = 1 }), cachedEmbeddings: 8);
}
