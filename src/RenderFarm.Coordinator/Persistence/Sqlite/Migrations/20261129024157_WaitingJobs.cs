using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace RenderFarm.Coordinator.Persistence.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class WaitingJobs : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            // In the order in which SqliteDatabase.FirstQueued numbers them.
            migrationBuilder.Sql(
                "CREATE INDEX ix_jobs_waiting ON jobs (tenant, priority, checkpoint, upscaler, determinism, id) WHERE status = 'queued' AND paused_at IS NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("DROP INDEX ix_jobs_waiting");
        }
    }
}
