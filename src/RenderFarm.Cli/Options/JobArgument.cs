using System.CommandLine;
using RenderFarm.Contracts;

namespace RenderFarm.Cli.Options;

/// <summary>The argument that names a job.</summary>
internal static class JobArgument
{
    public static Argument<JobId> Create() => new("JOB")
    {
        Description = "The job's id, as submit prints it and jobs lists it.",
        CustomParser = result =>
        {
            if (!JobId.TryParse(result.Tokens[0].Value, null, out var job))
                OptionFactory.Refuse(result, "JOB", result.Tokens[0].Value, "a job id, such as 0198c0de-7f3a-7c11-9d5e-2f6a1b3c4d5e");
            return job;
        },
    };
}
