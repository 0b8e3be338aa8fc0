using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace RenderFarm.Coordinator.Persistence.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class WaitingJobs : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            // Over an expression, which the shape of the record cannot say.
            migrationBuilder.Sql(
                "CREATE INDEX ix_jobs_waiting ON jobs (tenant, priority, checkpoint, determinism, COALESCE(upscaler, ''), id) WHERE status = 'queued' AND paused_at IS NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("DROP INDEX ix_jobs_waiting");
        }
    }
}
