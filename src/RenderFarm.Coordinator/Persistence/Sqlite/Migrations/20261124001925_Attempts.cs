using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace RenderFarm.Coordinator.Persistence.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class Attempts : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.RenameColumn(
                name: "deaths",
                table: "tasks",
                newName: "rescues");

            migrationBuilder.AddColumn<long>(
                name: "drained_at",
                table: "workers",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "faults",
                table: "workers",
                type: "TEXT",
                nullable: false,
                defaultValue: "[]");

            migrationBuilder.AddColumn<string>(
                name: "quarantine_reason",
                table: "workers",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "quarantines",
                table: "workers",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<int>(
                name: "successes_since_fault",
                table: "workers",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<long>(
                name: "trial_at",
                table: "workers",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "unwanted_runs",
                table: "workers",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<int>(
                name: "deaths_alone",
                table: "tasks",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<long>(
                name: "suspect_since",
                table: "tasks",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "paused_at",
                table: "jobs",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "farm_state",
                columns: table => new
                {
                    id = table.Column<int>(type: "INTEGER", nullable: false),
                    paused_at = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_farm_state", x => x.id);
                });

            migrationBuilder.CreateIndex(
                name: "ix_tasks_suspect",
                table: "tasks",
                column: "suspect_since",
                filter: "suspect_since IS NOT NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "farm_state");

            migrationBuilder.DropIndex(
                name: "ix_tasks_suspect",
                table: "tasks");

            migrationBuilder.DropColumn(
                name: "drained_at",
                table: "workers");

            migrationBuilder.DropColumn(
                name: "faults",
                table: "workers");

            migrationBuilder.DropColumn(
                name: "quarantine_reason",
                table: "workers");

            migrationBuilder.DropColumn(
                name: "quarantines",
                table: "workers");

            migrationBuilder.DropColumn(
                name: "successes_since_fault",
                table: "workers");

            migrationBuilder.DropColumn(
                name: "trial_at",
                table: "workers");

            migrationBuilder.DropColumn(
                name: "unwanted_runs",
                table: "workers");

            migrationBuilder.DropColumn(
                name: "deaths_alone",
                table: "tasks");

            migrationBuilder.DropColumn(
                name: "suspect_since",
                table: "tasks");

            migrationBuilder.DropColumn(
                name: "paused_at",
                table: "jobs");

            migrationBuilder.RenameColumn(
                name: "rescues",
                table: "tasks",
                newName: "deaths");
        }
    }
}
