using System;
using System.Collections.Generic;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace RenderFarm.Coordinator.Persistence.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "attempt_failures",
                columns: table => new
                {
                    job_id = table.Column<Guid>(type: "uuid", nullable: false),
                    task_index = table.Column<int>(type: "integer", nullable: false),
                    attempt = table.Column<int>(type: "integer", nullable: false),
                    code = table.Column<string>(type: "text", nullable: false),
                    retryable = table.Column<bool>(type: "boolean", nullable: false),
                    detail = table.Column<string>(type: "text", nullable: false),
                    worker = table.Column<string>(type: "text", nullable: true),
                    failed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_attempt_failures", x => new { x.job_id, x.task_index, x.attempt });
                });

            migrationBuilder.CreateTable(
                name: "checkpoints",
                columns: table => new
                {
                    digest = table.Column<string>(type: "text", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    description = table.Column<string>(type: "text", nullable: false),
                    first_seen_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    last_seen_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_checkpoints", x => x.digest);
                });

            migrationBuilder.CreateTable(
                name: "devices",
                columns: table => new
                {
                    worker = table.Column<string>(type: "text", nullable: false),
                    device = table.Column<string>(type: "text", nullable: false),
                    slots = table.Column<int>(type: "integer", nullable: false),
                    profile = table.Column<string>(type: "text", nullable: false),
                    announced_speed = table.Column<double>(type: "double precision", nullable: false),
                    measured_speed = table.Column<double>(type: "double precision", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_devices", x => new { x.worker, x.device });
                });

            migrationBuilder.CreateTable(
                name: "job_sweeps",
                columns: table => new
                {
                    job_id = table.Column<Guid>(type: "uuid", nullable: false),
                    sweep = table.Column<string>(type: "text", nullable: false),
                    length = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_job_sweeps", x => x.job_id);
                });

            migrationBuilder.CreateTable(
                name: "jobs",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    tenant = table.Column<string>(type: "text", nullable: false),
                    status = table.Column<string>(type: "text", nullable: false),
                    label = table.Column<string>(type: "text", nullable: true),
                    model = table.Column<string>(type: "text", nullable: false),
                    checkpoint = table.Column<string>(type: "text", nullable: false),
                    priority = table.Column<string>(type: "text", nullable: false),
                    determinism = table.Column<string>(type: "text", nullable: false),
                    format = table.Column<string>(type: "text", nullable: false),
                    quality = table.Column<int>(type: "integer", nullable: true),
                    profile = table.Column<string>(type: "text", nullable: true),
                    idempotency_key = table.Column<string>(type: "text", nullable: true),
                    request_fingerprint = table.Column<string>(type: "text", nullable: true),
                    tasks_total = table.Column<int>(type: "integer", nullable: false),
                    tasks_queued = table.Column<int>(type: "integer", nullable: false),
                    tasks_dispatched = table.Column<int>(type: "integer", nullable: false),
                    tasks_running = table.Column<int>(type: "integer", nullable: false),
                    tasks_completed = table.Column<int>(type: "integer", nullable: false),
                    tasks_failed = table.Column<int>(type: "integer", nullable: false),
                    tasks_canceled = table.Column<int>(type: "integer", nullable: false),
                    cost = table.Column<long>(type: "bigint", nullable: false),
                    cost_ended = table.Column<long>(type: "bigint", nullable: false),
                    last_seq = table.Column<long>(type: "bigint", nullable: false),
                    end_seq = table.Column<long>(type: "bigint", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    ended_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    retention_days = table.Column<int>(type: "integer", nullable: true),
                    delete_after = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    purged_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_jobs", x => x.id);
                });

            // One partition a day of submission, made and dropped by the coordinators (TaskPartitions). The defaults are a task as it is
            // submitted: COPY names only the three columns that differ. No foreign keys: they would cost every row a look at its job.
            migrationBuilder.Sql("""
                CREATE TABLE tasks (
                    job_id uuid NOT NULL,
                    task_index integer NOT NULL,
                    cost bigint NOT NULL,
                    status text NOT NULL DEFAULT 'queued',
                    attempt integer NOT NULL DEFAULT 0,
                    charged integer NOT NULL DEFAULT 0,
                    deaths integer NOT NULL DEFAULT 0,
                    missed_heartbeats integer NOT NULL DEFAULT 0,
                    worker text,
                    device text,
                    run uuid,
                    lease_expires_at timestamptz,
                    not_before timestamptz,
                    avoid_worker text,
                    started_at timestamptz,
                    ended_at timestamptz,
                    ended_seq bigint,
                    object_key text,
                    sha256 text,
                    size_bytes bigint,
                    render_ms bigint,
                    profile text,
                    failure_code text,
                    failure_detail text,
                    CONSTRAINT "PK_tasks" PRIMARY KEY (job_id, task_index))
                PARTITION BY RANGE (job_id)
                """);

            // Written at every claim and every batch of reports: with room on its page a new version touches no index.
            migrationBuilder.Sql("ALTER TABLE jobs SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)");

            // Who leads: one row, by which every claim is fenced (SharedLeadership).
            migrationBuilder.Sql("""
                CREATE TABLE leadership (
                    name text PRIMARY KEY,
                    epoch bigint NOT NULL,
                    holder text NOT NULL,
                    expires_at timestamptz NOT NULL)
                WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500)
                """);

            migrationBuilder.CreateTable(
                name: "workers",
                columns: table => new
                {
                    name = table.Column<string>(type: "text", nullable: false),
                    incarnation = table.Column<Guid>(type: "uuid", nullable: false),
                    status = table.Column<string>(type: "text", nullable: false),
                    checkpoints = table.Column<List<string>>(type: "text[]", nullable: false),
                    first_seen_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    last_seen_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_workers", x => x.name);
                });

            migrationBuilder.CreateIndex(
                name: "ix_jobs_delete_after",
                table: "jobs",
                column: "delete_after",
                filter: "delete_after IS NOT NULL AND purged_at IS NULL");

            migrationBuilder.CreateIndex(
                name: "ix_jobs_purged",
                table: "jobs",
                column: "purged_at",
                filter: "purged_at IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_jobs_status",
                table: "jobs",
                column: "status");

            migrationBuilder.CreateIndex(
                name: "ix_jobs_tenant",
                table: "jobs",
                columns: new[] { "tenant", "id" });

            migrationBuilder.CreateIndex(
                name: "ux_jobs_idempotency",
                table: "jobs",
                columns: new[] { "tenant", "idempotency_key" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_tasks_ended",
                table: "tasks",
                columns: new[] { "job_id", "ended_seq" },
                filter: "ended_seq IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_tasks_failed",
                table: "tasks",
                columns: new[] { "job_id", "task_index" },
                filter: "status = 'failed'");

            migrationBuilder.CreateIndex(
                name: "ix_tasks_held",
                table: "tasks",
                columns: new[] { "worker", "device" },
                filter: "lease_expires_at IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_tasks_queued",
                table: "tasks",
                columns: new[] { "job_id", "task_index" },
                filter: "status = 'queued'");

            migrationBuilder.CreateIndex(
                name: "ix_tasks_returned",
                table: "tasks",
                columns: new[] { "job_id", "task_index" },
                filter: "status = 'queued' AND attempt > 0");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "attempt_failures");

            migrationBuilder.DropTable(
                name: "checkpoints");

            migrationBuilder.DropTable(
                name: "devices");

            migrationBuilder.DropTable(
                name: "job_sweeps");

            migrationBuilder.DropTable(
                name: "jobs");

            migrationBuilder.DropTable(
                name: "leadership");

            migrationBuilder.DropTable(
                name: "tasks");

            migrationBuilder.DropTable(
                name: "workers");
        }
    }
}
