using RenderFarm.Cli.Options;
using RenderFarm.Contracts.Api;
using Xunit;

namespace RenderFarm.Tests.Cli.Options;

public sealed class FieldNamesTests
{
    [Theory]
    [InlineData("steps[2]", "2000", "--steps (value 3) '2000': 1 to 1000.")]
    [InlineData("guidance_scale", "60", "--guidance '60': 1 to 1000.")]
    [InlineData("timestep_spacing", "odd", "--spacing 'odd': 1 to 1000.")]
    [InlineData("noise_source", "x", "--noise 'x': 1 to 1000.")]
    [InlineData("noise_schedule", "x", "--noise-schedule 'x': 1 to 1000.")]
    [InlineData("negative_prompt", "x", "--negative 'x': 1 to 1000.")]
    [InlineData("prompt[0]", null, "PROMPT (value 1): 1 to 1000.")]
    [InlineData("width", "100", "--width '100': 1 to 1000.")]
    [InlineData("hires.scale", "9", "--hires-scale '9': 1 to 1000.")]
    [InlineData("hires", "2", "--hires-scale '2': 1 to 1000.")]
    [InlineData("outpaint.left", "9", "--outpaint '9': 1 to 1000.")]
    [InlineData("strength[1]", "9", "--strength (value 2) '9': 1 to 1000.")]
    public void Field_is_named_as_the_command_line_names_it(string field, string? value, string expected) =>
        Assert.Equal(expected, FieldNames.Describe(new FieldError(field, value, "1 to 1000.")));

    [Fact]
    public void Every_field_of_a_request_has_an_option()
    {
        var options = new RenderOptions();
        var command = new System.CommandLine.Command("render");
        options.AddTo(command);
        string[] known = [.. command.Options.Select(option => option.Name), "PROMPT", "--model", "--priority", "--label", "--retention-days"];
        var fields = typeof(SubmitJob).GetProperties().Select(property => FarmJson.Options.PropertyNamingPolicy!.ConvertName(property.Name));
        Assert.All(fields, field => Assert.Contains(FieldNames.Describe(new FieldError(field, null, "")).TrimEnd(':', ' '), known));
    }
}
