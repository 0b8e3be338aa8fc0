using System.Globalization;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Jobs;

namespace RenderFarm.Coordinator.Persistence.Postgres;

/// <summary>
/// What dispatch asks of the jobs. The row of a job changes with each claim and each batch of reports, and while anyone holds a snapshot open no version of it can be
/// cleaned away: whoever meets them in the order of an index walks over all that there have been since. Versions of one row lie in an index by their place in the table,
/// the newest last, so these statements come from the far end (ORDER BY id DESC) and stop at the first that they see. For that no two entries may be
/// merged into one, which would be read from its old end.
/// </summary>
internal static class JobStatements
{
    private const string Kind = "tenant, priority, checkpoint, determinism, COALESCE(upscaler, '')";
    private const string Waits = $"status = '{JobStatuses.Queued}' AND paused_at IS NULL";

    /// <summary>
    /// The index that <see cref="FirstQueued"/> walks. A job enters it by its submission and leaves it with its first claim; no column of it changes
    /// between, so that the counts of a job are written without it.
    /// </summary>
    public const string WaitingIndex = $"CREATE INDEX ix_jobs_waiting ON jobs ({Kind}, id, pixels) WHERE {Waits}";

    /// <summary>
    /// The id of a job that has begun and has queued tasks, as a column: an index may go by it, and it changes as rarely as that does, unlike the count of tasks.
    /// An id and not a yes or no, so that no other index could answer <see cref="Begun"/>.
    /// </summary>
    public const string BegunId = $"ALTER TABLE jobs ADD COLUMN begun_id uuid GENERATED ALWAYS AS (CASE WHEN status = '{JobStatuses.Active}' AND tasks_queued > 0 THEN id END) STORED";

    /// <summary>The index that <see cref="Begun"/> walks: what has been claimed whole, however much of that runs, is not in it.</summary>
    public const string BegunIndex = "CREATE INDEX ix_jobs_begun ON jobs (begun_id) WITH (deduplicate_items = off) WHERE begun_id IS NOT NULL";

    /// <summary>
    /// Keeps the entries of a job's versions apart in the primary key, and in the index that could stand in for it: merged entries make that one
    /// smaller, and then it would be chosen and sorted.
    /// </summary>
    public const string KeepVersionsApart = """ALTER INDEX "PK_jobs" SET (deduplicate_items = off); ALTER INDEX ix_jobs_tenant SET (deduplicate_items = off)""";

    /// <summary>The jobs with queued tasks that have begun, from job to job down the index.</summary>
    public const string Begun = """
        WITH RECURSIVE begun AS (
            (SELECT * FROM jobs WHERE begun_id IS NOT NULL ORDER BY begun_id DESC LIMIT 1)
            UNION ALL
            SELECT following.* FROM begun b CROSS JOIN LATERAL (
                SELECT * FROM jobs WHERE begun_id < b.begun_id ORDER BY begun_id DESC LIMIT 1) AS following)
        SELECT * FROM begun
        """;

    /// <summary>The jobs {0}, EF Core's word for a parameter.</summary>
    /// <param name="columns">Those to read, by name.</param>
    public static string Find(string columns) => $"SELECT newest.* FROM unnest({{0}}) AS w (job_id) CROSS JOIN LATERAL ({Newest(columns, "w.job_id")}) AS newest";

    /// <summary>
    /// Columns of one job. Its id is said as a range: as an equation PostgreSQL would find that there is nothing to order, and begin at the old end.
    /// </summary>
    public static string Newest(string columns, string id) => $"SELECT {columns} FROM jobs WHERE id BETWEEN {id} AND {id} ORDER BY id DESC LIMIT 1";

    /// <summary>
    /// Of the jobs that have not begun, the first of each tenant, priority and need, and of each range of sizes: an equal part of
    /// {0}, and no fewer than {1}. From kind to kind in leaps along the index, so that only what is found is read, however much waits behind it; where sizes of
    /// several ranges wait, those that stand before the ones of a range are passed over within the index.
    /// </summary>
    /// <remarks>
    /// The ranges stand in the text, and change as rarely as the fleet does. As parameters PostgreSQL would plan the statement anew at each use, since for lists it
    /// cannot see it reckons with ten ranges: a round took half as long again.
    /// </remarks>
    public static string FirstQueued(SizeLimits limits) => $$"""
        WITH RECURSIVE kinds (tenant, priority, checkpoint, determinism, upscaler) AS (
            (SELECT {{Kind}} FROM jobs WHERE {{Waits}} ORDER BY {{Kind}} LIMIT 1)
            UNION ALL
            SELECT following.* FROM kinds k CROSS JOIN LATERAL (
                SELECT {{Kind}} FROM jobs
                WHERE {{Waits}} AND ({{Kind}}) > (k.tenant, k.priority, k.checkpoint, k.determinism, k.upscaler)
                ORDER BY {{Kind}} LIMIT 1) AS following)
        SELECT waiting.* FROM kinds k CROSS JOIN (VALUES {{Ranges(limits)}}) AS size (above, most) CROSS JOIN LATERAL (
            SELECT * FROM jobs
            WHERE {{Waits}} AND ({{Kind}}) = (k.tenant, k.priority, k.checkpoint, k.determinism, k.upscaler) AND pixels > size.above AND pixels <= size.most
            ORDER BY id LIMIT GREATEST({1}, {0} / ((SELECT count(*) FROM kinds) * {{limits.Ranges}}))) AS waiting
        """;

    private static string Ranges(SizeLimits limits) => string.Join(
        ", ",
        limits.Pixels.Prepend(-1).Zip(limits.Pixels.Append(long.MaxValue), (above, most) => string.Create(CultureInfo.InvariantCulture, $"({above}::bigint, {most}::bigint)")));
}
