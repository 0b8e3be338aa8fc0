using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace RenderFarm.Coordinator.Persistence.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class Capabilities : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "pixels",
                table: "jobs",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<string>(
                name: "determinism",
                table: "devices",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "pixels_per_image",
                table: "devices",
                type: "bigint",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "device_capabilities",
                columns: table => new
                {
                    worker = table.Column<string>(type: "text", nullable: false),
                    device = table.Column<string>(type: "text", nullable: false),
                    capabilities = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_device_capabilities", x => new { x.worker, x.device });
                });

            // A coordinator of the version before walks this one as it did the former, which begins like it.
            migrationBuilder.Sql("DROP INDEX ix_jobs_waiting");
            migrationBuilder.Sql(JobStatements.WaitingIndex);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("DROP INDEX ix_jobs_waiting");
            migrationBuilder.Sql(
                "CREATE INDEX ix_jobs_waiting ON jobs (tenant, priority, checkpoint, determinism, COALESCE(upscaler, ''), id) WHERE status = 'queued' AND paused_at IS NULL");

            migrationBuilder.DropTable(
                name: "device_capabilities");

            migrationBuilder.DropColumn(
                name: "pixels",
                table: "jobs");

            migrationBuilder.DropColumn(
                name: "determinism",
                table: "devices");

            migrationBuilder.DropColumn(
                name: "pixels_per_image",
                table: "devices");
        }
    }
}
