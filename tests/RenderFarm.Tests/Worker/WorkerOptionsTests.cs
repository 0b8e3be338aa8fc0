using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RenderFarm.Contracts;
using RenderFarm.Worker;
using RenderFarm.Worker.Devices;
using Xunit;

namespace RenderFarm.Tests.Worker;

public sealed class WorkerOptionsTests
{
    [Fact]
    public void Defaults_are_as_documented()
    {
        var options = new WorkerOptions();
        Assert.Equal(
            ("worker", "auto", 8, 0, 2, TimeSpan.FromSeconds(3), TimeSpan.FromMilliseconds(250), TimeSpan.FromMinutes(10), TimeSpan.FromSeconds(10)),
            (options.Name, options.Device, options.Slots, options.Threads, options.ResidentCheckpoints, options.Heartbeat, options.Progress, options.StorePatience, options.StopGrace));
    }

    [Fact]
    public void Checkpoints_with_hard_links_and_CUDA_graphs_are_off_and_memory_unlimited_until_asked_for()
    {
        var options = new WorkerOptions();
        Assert.Equal((0, false, false), (options.DeviceMemoryMegabytes, options.CudaGraphs, options.AllowHardLinks));
        var asked = SettingsMapping.ToPipelineOptions(
            Bind(new() { ["RenderFarm:Worker:DeviceMemoryMegabytes"] = "8192", ["RenderFarm:Worker:CudaGraphs"] = "true", ["RenderFarm:Worker:AllowHardLinks"] = "true" }), "cpu");
        Assert.Equal((8192, true, true), (asked.DeviceMemoryMegabytes, asked.CudaGraphs, asked.AllowHardLinks));
    }

    [Fact]
    public void Rows_follow_the_slots_and_pixels_the_device_until_a_size_of_call_is_asked_for()
    {
        Assert.Equal((0, 0, 0), (new WorkerOptions().RowsPerCall, new WorkerOptions().PixelsPerCall, new WorkerOptions().FixedRows));
        Dictionary<string, string?> values = new()
        {
            ["RenderFarm:Worker:RowsPerCall"] = "24",
            ["RenderFarm:Worker:PixelsPerCall"] = "6291456",
            ["RenderFarm:Worker:FixedRows"] = "8",
        };
        var asked = SettingsMapping.ToPipelineOptions(Bind(values), "cpu");
        Assert.Equal((24, 6_291_456, 8), (asked.MaxRows, asked.MaxPixelsPerCall, asked.FixedRows));
        Assert.EndsWith("-rows8", RenderFarm.Diffusion.ExecutionEnvironment.Of(asked).Device, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("RowsPerCall", "2049", "RowsPerCall must be between 0 and 2048")]
    [InlineData("PixelsPerCall", "-1", "PixelsPerCall must be between 0 and 2147483647")]
    [InlineData("PixelsPerImage", "-1", "PixelsPerImage must be between 0 and 2147483647")]
    [InlineData("Determinism", "exact", "Worker:Determinism is reproducible or fast.")]
    [InlineData("FixedRows", "1025", "FixedRows must be between 0 and 1024")]
    [InlineData("FixedRows", "1", "Worker:FixedRows is 0, or 2…1,024: an image with guidance takes two.")]
    public void Sizes_of_a_call_that_cannot_be_are_refused_with_the_option_named(string option, string value, string message)
    {
        var error = Assert.Throws<OptionsValidationException>(() => Bind(new() { [$"RenderFarm:Worker:{option}"] = value }));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_size_and_reproducible_pipelines_are_offered_until_others_are_asked_for()
    {
        var byDefault = DeviceTraits.Of(new WorkerOptions(), "cpu");
        Assert.Equal(("cpu", DeterminismClasses.Reproducible, null), (byDefault.Provider, byDefault.Determinism, byDefault.PixelsPerImage));
        Assert.True(byDefault.MemoryBytes > 0);

        var asked = DeviceTraits.Of(Bind(new() { ["RenderFarm:Worker:PixelsPerImage"] = "1048576", ["RenderFarm:Worker:Determinism"] = "fast" }), "cpu");

        Assert.Equal((DeterminismClasses.Fast, 1_048_576L), (asked.Determinism, asked.PixelsPerImage!.Value));
        Assert.NotEqual(byDefault.Profile, asked.Profile);
        Assert.Contains("-fast", asked.Profile, StringComparison.Ordinal);
    }

    [Fact]
    public void Upscalers_are_offered_of_the_folder_that_is_named_and_of_none_by_default()
    {
        Assert.Null(UpscalerShelf.Open(new WorkerOptions()).Held);
        var folder = Directory.CreateTempSubdirectory("renderfarm-upscalers-");
        RenderFarm.Testing.Onnx.Networks.UpscalerNetwork.Random(2).Save(Path.Combine(folder.FullName, "2x.onnx"));
        var options = Bind(new() { ["RenderFarm:Worker:UpscalerFolder"] = folder.FullName });

        Assert.Equal("2x", Assert.Single(UpscalerShelf.Open(options).Held!).Name);
        Assert.Equal(folder.FullName, SettingsMapping.ToPipelineOptions(options, "cpu").UpscalerFolder);
        folder.Delete(recursive: true);
    }

    [Fact]
    public void Invalid_values_are_refused_with_the_option_named()
    {
        var error = Assert.Throws<OptionsValidationException>(() => Bind(new() { ["RenderFarm:Worker:Name"] = "Not A Name", ["RenderFarm:Worker:Slots"] = "0", ["RenderFarm:Worker:Device"] = "gpu", ["RenderFarm:Worker:StorePatience"] = "2.00:00:00" }));
        Assert.Contains("Worker:Name is 1…63 lower-case letters, digits and hyphens", error.Message, StringComparison.Ordinal);
        Assert.Contains("Worker:Device is auto, cpu, cuda or cuda:N", error.Message, StringComparison.Ordinal);
        Assert.Contains("Worker:StorePatience is 0 seconds to 1 day", error.Message, StringComparison.Ordinal);
        Assert.Contains("Slots must be between 1 and 1024", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Values_bind_from_configuration()
    {
        var options = Bind(new()
        {
            ["RenderFarm:Worker:Name"] = "gpu-1",
            ["RenderFarm:Worker:Slots"] = "3",
            ["RenderFarm:Worker:Heartbeat"] = "00:00:01",
        });
        Assert.Equal(("gpu-1", 3, TimeSpan.FromSeconds(1)), (options.Name, options.Slots, options.Heartbeat));
    }

    private static WorkerOptions Bind(Dictionary<string, string?> values)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(values).Build();
        var services = new ServiceCollection();
        services.AddOptions<WorkerOptions>().Bind(configuration.GetSection(WorkerOptions.Section)).ValidateDataAnnotations();
        return services.BuildServiceProvider().GetRequiredService<IOptions<WorkerOptions>>().Value;
    }
}
