using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace RenderFarm.Coordinator.Persistence.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class Safety : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<bool>(
                name: "safety_flag",
                table: "tasks",
                type: "boolean",
                nullable: true);

            migrationBuilder.AddColumn<double>(
                name: "safety_score",
                table: "tasks",
                type: "double precision",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "safety_flag",
                table: "tasks");

            migrationBuilder.DropColumn(
                name: "safety_score",
                table: "tasks");
        }
    }
}
