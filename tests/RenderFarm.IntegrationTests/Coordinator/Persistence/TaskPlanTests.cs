using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Jobs.Planning;
using RenderFarm.Coordinator.Persistence.Postgres;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator.Persistence;

/// <summary>
/// Whatever PostgreSQL knows of a day, tasks are looked for by their whole keys: a plan that reads all tasks of the jobs and walks along the list of those that are wanted for each takes a
/// hundred times as long. Every day begins with no statistics, and they are a minute late at best.
/// </summary>
public sealed partial class TaskPlanTests : SharedRecordTest
{
    private const string Unknown = "never analyzed", Empty = "analyzed while empty", Tiny = "analyzed while tiny, and large since", Large = "analyzed while large";

    public static TheoryData<string, string> Cases()
    {
        var cases = new TheoryData<string, string>();
        foreach (var statistics in (string[])[Unknown, Empty, Tiny, Large])
            foreach (var statement in (string[])["claim", "find", "update"])
                cases.Add(statement, statistics);
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Tasks_are_found_by_their_keys(string statement, string statistics)
    {
        await using var connection = await Postgres.Source.OpenConnectionAsync(Cancellation);
        var job = await FillAsync(connection, statistics);
        var (text, types, values) = statement switch
        {
            "claim" => (
                TaskStatements.Claim, "uuid[], int[], text[], text[], timestamptz, bigint, uuid, timestamptz, text[], uuid",
                $"ARRAY['{job}']::uuid[], ARRAY[0], ARRAY['alpha'], ARRAY['cpu'], now(), 1, '{job}', now(), ARRAY[NULL]::text[], '{job}'"),
            "find" => (
                Numbered(TaskStatements.Find("task_index, status")), "uuid[], int[], uuid, uuid", $"ARRAY['{job}']::uuid[], ARRAY[0], '{job}', '{job}'"),
            _ => (Update(), "uuid[], int[], text[], text[], uuid, uuid", $"ARRAY['{job}']::uuid[], ARRAY[0], ARRAY['running'], ARRAY['alpha'], '{job}', '{job}'"),
        };
        await ExecuteAsync(connection, $"SET plan_cache_mode = force_generic_plan; PREPARE it ({types}) AS {text}");

        var plan = string.Join('\n', await LinesAsync(connection, $"EXPLAIN EXECUTE it ({values})"));

        var scans = ScansOfTasks().Matches(plan);
        Assert.NotEmpty(scans);
        Assert.All(scans, scan => Assert.True(
            scan.Groups["how"].Value == "Tid" || (scan.Groups["condition"].Value.Contains("(task_index = ", StringComparison.Ordinal) && scan.Groups["condition"].Value.Contains("(job_id = ", StringComparison.Ordinal)),
            plan));
    }

    private async Task<string> FillAsync(NpgsqlConnection connection, string statistics)
    {
        await Postgres.Partitions.EnsureAheadAsync(Noon, 0, Cancellation);
        if (statistics == Tiny) await AddAsync(new CostStretch(0, 10, 1));
        if (statistics is Empty or Tiny) await ExecuteAsync(connection, "ANALYZE");
        var job = await AddAsync(new CostStretch(0, 3_000, 1));
        if (statistics == Large) await ExecuteAsync(connection, "ANALYZE");
        return job.Id.ToString();
    }

    // EF Core counts parameters from {0}, PostgreSQL from $1.
    private static string Numbered(string statement) =>
        Placeholders().Replace(statement, found => string.Create(CultureInfo.InvariantCulture, $"${int.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture) + 1}"));

    private string Update()
    {
        using var db = Postgres.CreateDbContext();
        var type = db.Model.FindEntityType(typeof(RenderTask))!;
        return RowUpdates.Statement(
            type, type.FindPrimaryKey()!.Properties, [type.FindProperty(nameof(RenderTask.Status))!, type.FindProperty(nameof(RenderTask.Worker))!], isOfJobs: false);
    }

    [GeneratedRegex(@"\{(\d)\}")]
    private static partial Regex Placeholders();

    [GeneratedRegex(@"-> +(?<how>\w+) .*Scan .*on tasks_p\d+ .*\n(?<condition>.*)")]
    private static partial Regex ScansOfTasks();
}
