using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace RenderFarm.Coordinator.Persistence.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class TrailingTasks : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "canceled_seq",
                table: "jobs",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "retried_seq",
                table: "jobs",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "ix_jobs_canceled",
                table: "jobs",
                column: "canceled_seq",
                filter: "canceled_seq IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_jobs_retried",
                table: "jobs",
                column: "retried_seq",
                filter: "retried_seq IS NOT NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_jobs_canceled",
                table: "jobs");

            migrationBuilder.DropIndex(
                name: "ix_jobs_retried",
                table: "jobs");

            migrationBuilder.DropColumn(
                name: "canceled_seq",
                table: "jobs");

            migrationBuilder.DropColumn(
                name: "retried_seq",
                table: "jobs");
        }
    }
}
