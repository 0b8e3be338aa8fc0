using System.Globalization;

namespace RenderFarm.Benchmarks.Farm;

/// <summary>What the load generator is asked to do.</summary>
internal sealed record LoadOptions
{
    /// <summary>What the command line takes.</summary>
    public const string Usage = """
        farm [--seconds N] [--warm-up N] [--bytes N] [--store folder|s3] [--renderer null|demo] [--tenants N]
             [--job-images N] [--outstanding N] [--rate IMAGES/S] [--raw] [--in-flight N]
             [--milliseconds N] [--fairness] [--million] [--name NAME]
        """;

    /// <summary>Seconds in which jobs are sent, 1…3,600; default 60. The run goes on until all are done, at most two minutes more.</summary>
    public int Seconds { get; init; } = 60;

    /// <summary>Seconds of the same load before, 0…600, which are not measured; default 10. A service runs for weeks, and its code is compiled in the first minute.</summary>
    public int WarmUp { get; init; } = 10;

    /// <summary>Bytes of an image of the null renderer; default 5,000.</summary>
    public int Bytes { get; init; } = 5_000;

    /// <summary>Where images go: <c>folder</c> (default) or <c>s3</c>.</summary>
    public string Store { get; init; } = "folder";

    /// <summary><c>null</c> (default): no pixels are computed; <c>demo</c>: the demo checkpoint.</summary>
    public string Renderer { get; init; } = "null";

    /// <summary>Tenants that take turns in sending; default 4.</summary>
    public int Tenants { get; init; } = 4;

    /// <summary>Images of a job; default 50.</summary>
    public int JobImages { get; init; } = 50;

    /// <summary>Images asked for and not done that a saturating run keeps up; default 2,000.</summary>
    public int Outstanding { get; init; } = 2_000;

    /// <summary>Images a second of Poisson arrivals; 0 (default) saturates.</summary>
    public double Rate { get; init; }

    /// <summary>
    /// Whether the yardstick is measured too, on the same servers, half of it before the farm and half after: the hand-written path, or for the demo
    /// checkpoint the bare pipeline.
    /// </summary>
    public bool Raw { get; init; }

    /// <summary>Images in flight on the hand-written path, and images that the worker stores at the same time; default 16.</summary>
    public int InFlight { get; init; } = 16;

    /// <summary>Milliseconds that a null image takes in one of eight slots; default 0.</summary>
    public int Milliseconds { get; init; }

    /// <summary>Whether one tenant queues 10,000 images and another sends single ones, instead of a load.</summary>
    public bool Fairness { get; init; }

    /// <summary>Whether one job of a million images is sent, instead of a load.</summary>
    public bool Million { get; init; }

    /// <summary>Name of the result files; default <c>farm</c>.</summary>
    public string Name { get; init; } = "farm";

    /// <summary>Reads a command line.</summary>
    /// <exception cref="ArgumentException">It says something else.</exception>
    public static LoadOptions Parse(IReadOnlyList<string> words)
    {
        var options = new LoadOptions();
        for (var i = 0; i < words.Count; i++)
        {
            var (option, isLast) = (words[i], i + 1 == words.Count);
            if (option == "--raw") options = options with { Raw = true };
            else if (option == "--fairness") options = options with { Fairness = true };
            else if (option == "--million") options = options with { Million = true };
            else if (isLast) throw new ArgumentException($"'{option}' is no option, or has no value. usage: {Usage}");
            else options = options.With(option, words[++i]);
        }

        return options;
    }

    private LoadOptions With(string option, string value) => option switch
    {
        "--seconds" => this with { Seconds = Number(option, value, 1, 3_600) },
        "--warm-up" => this with { WarmUp = Number(option, value, 0, 600) },
        "--bytes" => this with { Bytes = Number(option, value, 500, 10_000_000) },
        "--store" => this with { Store = Word(option, value, "folder", "s3") },
        "--renderer" => this with { Renderer = Word(option, value, "null", "demo") },
        "--tenants" => this with { Tenants = Number(option, value, 1, 100_000) },
        "--job-images" => this with { JobImages = Number(option, value, 1, 1_000_000) },
        "--outstanding" => this with { Outstanding = Number(option, value, 1, 10_000_000) },
        "--rate" => this with { Rate = Number(option, value, 0, 100_000) },
        "--in-flight" => this with { InFlight = Number(option, value, 1, 1_000) },
        "--milliseconds" => this with { Milliseconds = Number(option, value, 0, 60_000) },
        "--name" => this with { Name = value },
        _ => throw new ArgumentException($"'{option}' is no option. usage: {Usage}"),
    };

    private static int Number(string option, string value, int least, int most) =>
        int.TryParse(value, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new ArgumentException($"{option} is '{value}'; allowed is {least} to {most}.");

    private static string Word(string option, string value, params string[] allowed) =>
        allowed.Contains(value) ? value : throw new ArgumentException($"{option} is '{value}'; allowed is {string.Join(" or ", allowed)}.");
}
