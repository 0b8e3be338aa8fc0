using System.ComponentModel.DataAnnotations;

namespace RenderFarm.Hosting.ObjectStore;

/// <summary>Where images are kept: in a folder, or in a bucket of an S3 server. Bound from the section <c>RenderFarm:Store</c>.</summary>
public sealed class ObjectStoreOptions : IValidatableObject
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "RenderFarm:Store";

    /// <summary>Folder of the images, for a farm on one machine; null (default) when they go to S3.</summary>
    public string? Folder { get; set; }

    /// <summary>Address of the S3 server, such as <c>http://minio:9000</c> or <c>https://s3.eu-central-1.amazonaws.com</c>; null (default) when they go to a folder.</summary>
    /// <remarks>Its scheme decides on TLS. Requests are path style: the bucket is the first segment of the path.</remarks>
    public string? Endpoint { get; set; }

    /// <summary>Whether to speak TLS with an <see cref="Endpoint"/> without a scheme, such as <c>minio:9000</c>; default true. A scheme wins.</summary>
    public bool Tls { get; set; } = true;

    /// <summary>Default true: the bucket is the first segment of the path, which every server understands, AWS too. The other style, the bucket as part of the host name, is refused: the client signs addresses in this one alone.</summary>
    public bool PathStyle { get; set; } = true;

    /// <summary>The bucket; made when it is missing and <see cref="CreateBucket"/> allows. Default <c>renderfarm</c>.</summary>
    [RegularExpression("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", ErrorMessage = "RenderFarm:Store:Bucket is 3…63 lower-case letters, digits, dots and hyphens, with a letter or digit at either end.")]
    public string Bucket { get; set; } = "renderfarm";

    /// <summary>Region that requests are signed for. Default <c>us-east-1</c>, which every server but AWS takes.</summary>
    [Required(ErrorMessage = "RenderFarm:Store:Region is the region that requests are signed for, such as us-east-1.")]
    public string Region { get; set; } = "us-east-1";

    /// <summary>Who asks.</summary>
    public string? AccessKey { get; set; }

    /// <summary>What that one signs with.</summary>
    public string? SecretKey { get; set; }

    /// <summary>Whether a missing bucket is made, default true.</summary>
    public bool CreateBucket { get; set; } = true;

    /// <summary>Longest time of one request up to its answer, and of a silence while the answer's body is read, 1 s…10 min; default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00", ErrorMessage = "RenderFarm:Store:Timeout is 1 second to 10 minutes.")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Tries of one request before the store counts as away, 1…10; default 3, with growing pauses that begin at 50 ms.</summary>
    [Range(1, 10, ErrorMessage = "RenderFarm:Store:Tries is 1…10.")]
    public int Tries { get; set; } = 3;

    /// <summary>The endpoint with its scheme; null when it is none.</summary>
    internal Uri? Address =>
        Uri.TryCreate(Endpoint!.Contains("://", StringComparison.Ordinal) ? Endpoint : $"{(Tls ? "https" : "http")}://{Endpoint}", UriKind.Absolute, out var address)
        && address.Scheme is "http" or "https" && address.AbsolutePath == "/" ? address : null;

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (string.IsNullOrEmpty(Folder) == string.IsNullOrEmpty(Endpoint))
        {
            yield return new ValidationResult(
                "RenderFarm:Store names either Folder (images on this machine) or Endpoint (an S3 server); "
                + (string.IsNullOrEmpty(Folder) ? "neither is set." : "both are set."));
            yield break;
        }

        if (string.IsNullOrEmpty(Endpoint)) yield break;
        if (Address is null)
            yield return new ValidationResult($"RenderFarm:Store:Endpoint is '{Endpoint}'; allowed is an address without a path, such as http://minio:9000 or https://s3.eu-central-1.amazonaws.com.");
        if (!PathStyle) yield return new ValidationResult("RenderFarm:Store:PathStyle is false; allowed is true: requests name the bucket in the path.");
        if (string.IsNullOrEmpty(AccessKey)) yield return new ValidationResult("RenderFarm:Store:AccessKey is missing; an S3 server asks who comes.");
        if (string.IsNullOrEmpty(SecretKey)) yield return new ValidationResult("RenderFarm:Store:SecretKey is missing; keep it in a file of the secrets folder or in the environment.");
    }
}
