using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RenderFarm.Hosting.ObjectStore;
using Xunit;

namespace RenderFarm.Tests.Hosting;

public sealed class ObjectStoreOptionsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("renderfarm-store-options-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Defaults_are_those_that_the_documentation_states()
    {
        var options = new ObjectStoreOptions();
        Assert.Equal(
            (null, null, "renderfarm", "us-east-1", true, TimeSpan.FromSeconds(30), 3),
            (options.Folder, options.Endpoint, options.Bucket, options.Region, options.CreateBucket, options.Timeout, options.Tries));
    }

    [Fact]
    public void Folder_in_the_configuration_gives_the_store_of_files_and_an_endpoint_the_one_on_S3()
    {
        Assert.IsType<FileObjectStore>(Build(("Folder", _folder.FullName)));
        Assert.IsType<S3ObjectStore>(Build(("Endpoint", "https://s3.example.org"), ("AccessKey", "a"), ("SecretKey", "b"), ("Timeout", "00:00:05")));
    }

    [Theory]
    [InlineData("RenderFarm:Store names either Folder (images on this machine) or Endpoint (an S3 server); neither is set.", null, null, "b", "b")]
    [InlineData("RenderFarm:Store names either Folder (images on this machine) or Endpoint (an S3 server); both are set.", "/images", "http://s3", "b", "b")]
    [InlineData(
        "RenderFarm:Store:Endpoint is 'http://s3/images'; allowed is an address without a path, such as http://minio:9000 or https://s3.eu-central-1.amazonaws.com.", null, "http://s3/images", "b", "b")]
    [InlineData("RenderFarm:Store:AccessKey is missing; an S3 server asks who comes.", null, "http://s3", null, "b")]
    [InlineData("RenderFarm:Store:SecretKey is missing; keep it in a file of the secrets folder or in the environment.", null, "http://s3", "a", null)]
    public void Wrong_option_is_named_with_what_is_allowed(string expected, string? folder, string? endpoint, string? access, string? secret)
    {
        var options = new ObjectStoreOptions { Folder = folder, Endpoint = endpoint, AccessKey = access, SecretKey = secret };
        var results = new List<ValidationResult>();
        Assert.False(Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true));
        Assert.Equal(expected, Assert.Single(results).ErrorMessage);
    }

    [Fact]
    public void Bucket_with_a_capital_is_refused_before_anything_starts()
    {
        var refused = Assert.Throws<OptionsValidationException>(() => Build(("Folder", _folder.FullName), ("Bucket", "Images")));
        Assert.Contains("RenderFarm:Store:Bucket is 3…63 lower-case letters, digits, dots and hyphens", refused.Message, StringComparison.Ordinal);
    }

    private static IObjectStore Build(params (string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create($"RenderFarm:Store:{setting.Key}", (string?)setting.Value)))
            .Build();
        return new ServiceCollection().AddObjectStore(configuration).BuildServiceProvider().GetRequiredService<IObjectStore>();
    }
}
