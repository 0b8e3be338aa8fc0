using System.CommandLine;
using System.Text.Json;
using RenderFarm.Cli.Options;
using RenderFarm.Contracts.Api;
using Xunit;

namespace RenderFarm.Tests.Cli.Options;

public sealed class RenderOptionsTests
{
    [Fact]
    public void Prompt_alone_leaves_every_default_to_the_farm() =>
        Assert.Equal("""{"prompt":"a red circle"}""", Request("a red circle"));

    [Fact]
    public void Every_option_reaches_its_field() => Assert.Equal(
        """{"prompt":"a cat","negative_prompt":"blurry","prompt_syntax":"plain","clip_skip":2,"images":3,"seed":4294967295,"variation_seed":9,"variation_strength":0.3,"width":128,"height":64,"steps":25,"sampler":"DPM++ 2M Karras","noise_schedule":"karras","timestep_spacing":"trailing","eta":0.5,"guidance_scale":7.5,"guidance_rescale":0.7,"guidance_start":0.2,"guidance_end":0.8,"noise_source":"torch_cuda","determinism":"fast","format":"webp","quality":80}""",
        Request(
            "a cat", "--negative", "blurry", "--images", "3", "--seed", "4294967295", "--width", "128", "--height", "64", "--steps", "25",
            "--sampler", "DPM++ 2M Karras", "--noise-schedule", "karras", "--spacing", "trailing", "--eta", "0.5", "--guidance", "7.5",
            "--prompt-syntax", "plain", "--clip-skip", "2", "--variation-seed", "9", "--variation-strength", "0.3", "--guidance-rescale", "0.7",
            "--guidance-start", "0.2", "--guidance-end", "0.8", "--noise", "torch_cuda", "--determinism", "fast", "--format", "webp", "--quality", "80"));

    [Fact]
    public void Every_option_of_pictures_reaches_its_field()
    {
        Assert.Equal(
            """{"prompt":"a","init_image":"photo.png","strength":[0.5,0.75],"mask":"mask.png","mask_blur":8,"inpaint_area":"masked","inpaint_padding":16,"inpaint_fill":"noise"}""",
            Request(
                "a", "--init-image", "photo.png", "--strength", "0.5,0.75", "--mask", "mask.png", "--mask-blur", "8", "--inpaint-area", "masked",
                "--inpaint-padding", "16", "--inpaint-fill", "noise"));
        Assert.Equal("""{"prompt":"a","outpaint":{"left":8,"top":0,"right":16,"bottom":24}}""", Request("a", "--outpaint", "8,0,16, 24"));
        Assert.Equal("""{"prompt":"a","hires":{"scale":2}}""", Request("a", "--hires-scale", "2"));
        Assert.Equal(
            """{"prompt":"a","hires":{"scale":1.5,"upscaler":"lanczos","steps":5,"strength":0.6}}""",
            Request("a", "--hires-scale", "1.5", "--hires-upscaler", "lanczos", "--hires-steps", "5", "--hires-strength", "0.6"));
    }

    [Fact]
    public void Setting_of_a_second_pass_needs_one() => Assert.Equal(
        "--hires-steps needs --hires-scale: without it there is no second pass.", Assert.Single(Parse(["a", "--hires-steps", "5"]).Line.Errors).Message);

    [Fact]
    public void Comma_lists_and_several_prompts_make_a_sweep() => Assert.Equal(
        """{"prompt":["a cat","a dog"],"seed":[1,2],"steps":[10,25],"sampler":["euler","heun"],"guidance_scale":[1,7.5]}""",
        Request("a cat", "a dog", "--seed", "1,2", "--steps", "10, 25", "--sampler", "euler,heun", "--guidance", "1,7.5"));

    [Fact]
    public void Repeated_option_adds_to_the_list() => Assert.Equal(
        """{"prompt":"a","steps":[10,25,50]}""", Request("a", "--steps", "10", "--steps", "25,50"));

    [Fact]
    public void Comma_and_at_sign_in_a_prompt_are_text() => Assert.Equal("""{"prompt":"@a, b"}""", Request("@a, b"));

    [Fact]
    public void Empty_prompt_is_a_prompt() => Assert.Equal("""{"prompt":""}""", Request(""));

    [Fact]
    public void Words_are_taken_in_any_case() => Assert.Equal("""{"prompt":"a","format":"png"}""", Request("a", "--format", "PNG"));

    [Theory]
    [InlineData("--steps", "0", "a whole number from 1 to 1000")]
    [InlineData("--steps", "1001", "a whole number from 1 to 1000")]
    [InlineData("--steps", "2.5", "a whole number from 1 to 1000")]
    [InlineData("--seed", "-1", "a whole number from 0 to 4294967295")]
    [InlineData("--seed", "4294967296", "a whole number from 0 to 4294967295")]
    [InlineData("--images", "0", "a whole number from 1 to 1000000")]
    [InlineData("--width", "8", "a whole number from 16 to 2048")]
    [InlineData("--height", "4096", "a whole number from 16 to 2048")]
    [InlineData("--guidance", "NaN", "a number from 0 to 50")]
    [InlineData("--guidance", "50.5", "a number from 0 to 50")]
    [InlineData("--guidance", "7,5e9", "a number from 0 to 50")]
    [InlineData("--eta", "2", "a number from 0 to 1")]
    [InlineData("--prompt-syntax", "comfy", "a1111 or plain")]
    [InlineData("--clip-skip", "0", "a whole number from 1 to 12")]
    [InlineData("--variation-seed", "-1", "a whole number from 0 to 4294967295")]
    [InlineData("--variation-strength", "1.5", "a number from 0 to 1")]
    [InlineData("--guidance-rescale", "2", "a number from 0 to 1")]
    [InlineData("--guidance-start", "-1", "a number from 0 to 1")]
    [InlineData("--guidance-end", "60", "a number from 0 to 1")]
    [InlineData("--strength", "1.5", "a number from 0 to 1")]
    [InlineData("--mask-blur", "65", "a whole number from 0 to 64")]
    [InlineData("--inpaint-area", "box", "whole or masked")]
    [InlineData("--inpaint-padding", "513", "a whole number from 0 to 512")]
    [InlineData("--inpaint-fill", "blue", "original, fill, noise or nothing")]
    [InlineData("--outpaint", "8,8,8", "four whole numbers from 0 to 2048, as in 32,0,32,0")]
    [InlineData("--outpaint", "8,8,8,-8", "four whole numbers from 0 to 2048, as in 32,0,32,0")]
    [InlineData("--outpaint", "8,8,8,4096", "four whole numbers from 0 to 2048, as in 32,0,32,0")]
    [InlineData("--hires-scale", "5", "a number from 1 to 4")]
    [InlineData("--quality", "0", "a whole number from 1 to 100")]
    [InlineData("--format", "gif", "png, jpeg or webp")]
    [InlineData("--noise", "cpu", "torch_cpu or torch_cuda")]
    [InlineData("--spacing", "even", "leading, trailing or linspace")]
    [InlineData("--noise-schedule", "linear", "uniform, karras or exponential")]
    [InlineData("--determinism", "yes", "reproducible or fast")]
    [InlineData("--sampler", "dpm", "plms, ddim, ddpm, lcm, pndm, euler, euler_a, heun, dpm2, dpm2_a, dpmpp_2s_a, dpmpp_sde, lms, dpmpp_2m, dpmpp_2m_sde, dpmpp_3m, dpmsolver_2, dpmpp_2s, unipc or deis")]
    [InlineData("--sampler", "k_dpm_adaptive", "plms, ddim, ddpm, lcm, pndm, euler, euler_a, heun, dpm2, dpm2_a, dpmpp_2s_a, dpmpp_sde, lms, dpmpp_2m, dpmpp_2m_sde, dpmpp_3m, dpmsolver_2, dpmpp_2s, unipc or deis; near it are dpmpp_3m and dpmpp_2m")]
    public void Bad_value_is_refused_with_option_value_and_what_is_allowed(string option, string value, string allowed)
    {
        var error = Assert.Single(Parse(["a", option, value]).Line.Errors).Message;
        Assert.StartsWith(option + " '", error, StringComparison.Ordinal);
        Assert.EndsWith($"': allowed is {allowed}.", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_bad_value_of_a_list_is_named() => Assert.Equal(
        ["--steps '0': allowed is a whole number from 1 to 1000.", "--steps 'x': allowed is a whole number from 1 to 1000."],
        Parse(["a", "--steps", "0,25,x"]).Line.Errors.Select(error => error.Message));

    [Theory]
    [InlineData("--setps")]
    [InlineData("-n")]
    public void Misspelt_option_is_no_prompt(string option) =>
        Assert.Contains($"Unknown option '{option}'", Parse(["a", option, "5"]).Line.Errors[0].Message, StringComparison.Ordinal);

    private static string Request(params string[] args)
    {
        var (line, options) = Parse(args);
        Assert.Empty(line.Errors);
        return JsonSerializer.Serialize(options.ToRequest(line), FarmJson.Options);
    }

    private static (ParseResult Line, RenderOptions Options) Parse(string[] args)
    {
        var options = new RenderOptions();
        var command = new Command("render");
        options.AddTo(command);
        return (command.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false }), options);
    }
}
