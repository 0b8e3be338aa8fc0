using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Workers;

namespace RenderFarm.Coordinator.Persistence.Postgres;

/// <summary>
/// The statements of the hot paths. Statuses come from <see cref="Transitions"/> and stand in the text, because PostgreSQL uses a partial
/// index only for a condition that it can see.
/// </summary>
internal static class TaskStatements
{
    /// <summary>
    /// A row when the epoch $1 leads now, on the database's clock. The lock makes a takeover wait for the end of this transaction, and
    /// this one see the takeover that came before.
    /// </summary>
    public const string HoldsEpoch =
        "SELECT 1 FROM leadership WHERE name = 'farm' AND epoch = $1 AND expires_at > clock_timestamp() FOR SHARE";

    /// <summary>The tasks with the jobs {0} and the indices {1}, EF Core's words for parameters, the jobs from {2} to {3}: see <see cref="ByKey"/>.</summary>
    /// <param name="columns">Those to read, by name.</param>
    public static string Find(string columns) => $$"""
        SELECT found.* FROM unnest({0}, {1}) AS w (job_id, task_index) CROSS JOIN LATERAL ({{ByKey(columns, "w", "{2}", "{3}")}}) AS found
        """;

    /// <summary>
    /// Columns of the task with the key of a row of a list, for a LATERAL. Its LIMIT has it looked for by its key, row by row. As a plain join PostgreSQL might as well begin with the tasks of these jobs and walk along the list for each: while it has no statistics of a day, which are a minute late at best, both cost the same to it.
    /// </summary>
    /// <param name="columns">Those to read, by name.</param>
    /// <param name="list">The list's name; it has the columns <c>job_id</c> and <c>task_index</c>.</param>
    /// <param name="first">The first of the list's jobs.</param>
    /// <param name="last">The last of them: said so that only the days between are looked at. All of the jobs would say it more closely, but PostgreSQL walks the index along all of them for each task.</param>
    /// <param name="and">A further condition, from AND on.</param>
    public static string ByKey(string columns, string list, string first, string last, string and = "") =>
        $"SELECT {columns} FROM tasks WHERE job_id = {list}.job_id AND task_index = {list}.task_index AND job_id BETWEEN {first} AND {last}{and} LIMIT 1";

    /// <summary>
    /// That the task <c>t</c> is the one of a row of a list whose <c>place</c> in the table was found by its key, for an UPDATE. Nobody else moves it meanwhile: whoever writes has the turn. That the
    /// list's jobs are within the range is plain, but by it PostgreSQL reckons with a short list, and goes from its rows to their places and never the other way round.
    /// </summary>
    /// <param name="place">Name of what has the column <c>place</c>.</param>
    /// <param name="list">The list's name; it has the column <c>job_id</c>.</param>
    /// <param name="first">The first of the list's jobs.</param>
    /// <param name="last">The last of them.</param>
    public static string IsAt(string place, string list, string first, string last) =>
        $"t.ctid = {place}.place AND t.job_id = {list}.job_id AND t.job_id BETWEEN {first} AND {last} AND {list}.job_id BETWEEN {first} AND {last}";

    private static readonly Transition Claimed = Transitions.Of(TaskEvent.Claimed);
    private static readonly Transition Dispatched = Transitions.Of(JobEvent.Dispatched);

    /// <summary>
    /// Queued tasks of job $1 by index after $2 that are due at $5, at most $4; suspects are not among them. A task waits for its first attempt once: what was claimed
    /// is never fresh again, so fresh ones are looked for after $3 only, the place up to which the job is known to have none. Without
    /// that, a snapshot held open by anyone would make every look walk over all rows claimed since.
    /// </summary>
    public static string Peek { get; } = $"""
        SELECT task_index, cost, avoid_worker, attempt FROM (
            (SELECT task_index, cost, avoid_worker, attempt FROM tasks
             WHERE job_id = $1 AND status = '{TaskStatuses.Queued}' AND attempt > 0 AND suspect_since IS NULL AND task_index > $2
               AND (not_before IS NULL OR not_before <= $5)
             ORDER BY task_index LIMIT $4)
            UNION ALL
            (SELECT task_index, cost, avoid_worker, attempt FROM tasks
             WHERE job_id = $1 AND status = '{TaskStatuses.Queued}' AND attempt = 0 AND task_index > $3
             ORDER BY task_index LIMIT $4)
        ) AS due ORDER BY task_index LIMIT $4
        """;

    /// <summary>
    /// Claims the tasks ($1 jobs, from $7 to $10, $2 indices) for the devices ($3 workers, $4 devices) until $5, if the epoch $6 leads, and books them on the
    /// jobs at $8, pinned to the profiles $9 (by task; null where the job is not pinned). One statement: either all of it happens or nothing. A worker
    /// that has left, was lost or was drained since it was chosen gets nothing: nobody would take its tasks back before their lease is over. A job
    /// that was pinned otherwise meanwhile, by a late image, gives nothing, and neither does one that was paused, nor any while the farm is paused. What is asked of workers and jobs is asked as NOT EXISTS and NOT IN, which no plan can begin with:
    /// whatever the statistics say, the tasks are found by their keys (<see cref="ByKey"/>). Each job and each task is looked for once, and written where it was found: nobody
    /// else changes it meanwhile, since the claim has the turn to write.
    /// </summary>
    public static string Claim { get; } = $"""
        WITH fence AS (
            {HoldsEpoch.Replace("$1", "$6", StringComparison.Ordinal)}),
        present AS MATERIALIZED (
            SELECT j.id, j.place, j.paused_at IS NOT NULL OR j.status NOT IN ('{JobStatuses.Queued}', '{JobStatuses.Active}') AS is_closed,
                CASE WHEN j.tasks_completed + j.tasks_dispatched + j.tasks_running > 0 THEN j.profile END AS pin
            FROM (SELECT DISTINCT job_id FROM unnest($1) AS w (job_id)) AS w CROSS JOIN LATERAL (
                {JobStatements.Newest("id, ctid AS place, paused_at, status, tasks_completed, tasks_dispatched, tasks_running, profile", "w.job_id")}) AS j),
        free AS MATERIALIZED (
            SELECT w.job_id, w.worker, w.device, w.profile, t.place
            FROM unnest($1, $2, $3, $4, $9) AS w (job_id, task_index, worker, device, profile) CROSS JOIN LATERAL (
                {ByKey("ctid AS place", "w", "$7", "$10", $" AND status = '{Claimed.From.Single()}'")} FOR UPDATE SKIP LOCKED) AS t
            WHERE w.job_id BETWEEN $7 AND $10 AND EXISTS (SELECT FROM fence)
              AND NOT EXISTS (SELECT FROM farm_state WHERE id = {FarmState.Only} AND paused_at IS NOT NULL)
              AND NOT EXISTS (SELECT FROM workers k WHERE k.name = w.worker AND (k.status <> '{WorkerStatuses.Active}' OR k.drained_at IS NOT NULL))
              AND w.job_id NOT IN (SELECT id FROM present WHERE is_closed)
              AND (w.profile IS NULL OR w.job_id NOT IN (SELECT id FROM present WHERE pin IS NOT NULL)
                OR (w.job_id, w.profile) IN (SELECT id, pin FROM present WHERE pin IS NOT NULL))),
        claimed AS (
            UPDATE tasks t
            SET status = '{Claimed.To}', attempt = t.attempt + 1, charged = t.charged + 1, missed_heartbeats = 0, worker = f.worker, device = f.device,
                run = NULL, not_before = NULL, started_at = NULL, lease_expires_at = $5
            FROM free f
            WHERE {IsAt("f", "f", "$7", "$10")}
            RETURNING t.job_id, t.task_index, t.attempt, t.worker, t.device, f.profile),
        booked AS (
            UPDATE jobs j
            SET tasks_queued = j.tasks_queued - c.tasks, tasks_dispatched = j.tasks_dispatched + c.tasks, profile = COALESCE(c.profile, j.profile),
                status = CASE j.status WHEN '{Dispatched.From.Single()}' THEN '{Dispatched.To}' ELSE j.status END, started_at = COALESCE(j.started_at, $8)
            FROM (SELECT job_id, count(*)::int AS tasks, max(profile) AS profile FROM claimed GROUP BY job_id) c JOIN present p ON p.id = c.job_id
            WHERE j.ctid = p.place)
        SELECT job_id, task_index, attempt, worker, device FROM claimed ORDER BY job_id, task_index
        """;
}
