using System.Globalization;
using RenderFarm.Contracts;

namespace RenderFarm.Cli.Files;

/// <summary>How files are named: <c>&lt;job&gt;-&lt;index&gt;-&lt;seed&gt;.png</c>, so that a folder sorts by job and then as the sweep runs.</summary>
internal static class ImageNames
{
    /// <summary>The name of an image's file.</summary>
    /// <param name="job">Its last eight digits are in the name: the random end of the id, where jobs of one minute differ.</param>
    /// <param name="index">Index within the job, written with at least four digits and as many as the job's last index has.</param>
    /// <param name="total">Images of the job.</param>
    /// <param name="seed">The image's own seed.</param>
    /// <param name="format">One of <see cref="ImageFormats.All"/>.</param>
    public static string Of(JobId job, int index, int total, uint seed, string format)
    {
        var digits = Math.Max(4, (total - 1).ToString(CultureInfo.InvariantCulture).Length);
        var number = index.ToString("D" + digits, CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"{Short(job)}-{number}-{seed}.{ImageFormats.Extension(format)}");
    }

    /// <summary>The name of a job's contact sheet.</summary>
    public static string OfContactSheet(JobId job) => $"{Short(job)}-sheet.png";

    private static string Short(JobId job) => job.ToString()[^8..];
}
