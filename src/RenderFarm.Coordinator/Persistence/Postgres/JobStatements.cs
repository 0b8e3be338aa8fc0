using RenderFarm.Coordinator.Jobs;

namespace RenderFarm.Coordinator.Persistence.Postgres;

/// <summary>What dispatch asks of the jobs.</summary>
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
    /// Of the jobs that have not begun, the first of each tenant, priority and need, and of each range of sizes (above {2}, at most {3} pixels): an equal part of
    /// {0}, and no fewer than {1}. From kind to kind in leaps along the index, so that only what is found is read, however much waits behind it; where sizes of
    /// several ranges wait, those that stand before the ones of a range are passed over within the index.
    /// </summary>
    public const string FirstQueued = $$"""
        WITH RECURSIVE kinds (tenant, priority, checkpoint, determinism, upscaler) AS (
            (SELECT {{Kind}} FROM jobs WHERE {{Waits}} ORDER BY {{Kind}} LIMIT 1)
            UNION ALL
            SELECT following.* FROM kinds k CROSS JOIN LATERAL (
                SELECT {{Kind}} FROM jobs
                WHERE {{Waits}} AND ({{Kind}}) > (k.tenant, k.priority, k.checkpoint, k.determinism, k.upscaler)
                ORDER BY {{Kind}} LIMIT 1) AS following)
        SELECT waiting.* FROM kinds k CROSS JOIN unnest({2}, {3}) AS size (above, most) CROSS JOIN LATERAL (
            SELECT * FROM jobs
            WHERE {{Waits}} AND ({{Kind}}) = (k.tenant, k.priority, k.checkpoint, k.determinism, k.upscaler) AND pixels > size.above AND pixels <= size.most
            ORDER BY id LIMIT GREATEST({1}, {0} / ((SELECT count(*) FROM kinds) * cardinality({2})))) AS waiting
        """;
}
