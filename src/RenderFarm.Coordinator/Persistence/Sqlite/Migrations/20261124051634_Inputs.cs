using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace RenderFarm.Coordinator.Persistence.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class Inputs : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "inputs",
                columns: table => new
                {
                    digest = table.Column<string>(type: "TEXT", nullable: false),
                    used_at = table.Column<long>(type: "INTEGER", nullable: false),
                    is_leaving = table.Column<bool>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_inputs", x => x.digest);
                });

            migrationBuilder.CreateTable(
                name: "job_inputs",
                columns: table => new
                {
                    job_id = table.Column<byte[]>(type: "BLOB", nullable: false),
                    digest = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_job_inputs", x => new { x.job_id, x.digest });
                });

            migrationBuilder.CreateIndex(
                name: "ix_inputs_used_at",
                table: "inputs",
                column: "used_at");

            migrationBuilder.CreateIndex(
                name: "ix_job_inputs_digest",
                table: "job_inputs",
                column: "digest");

            // Jobs that were there before name pictures in their settings alone.
            migrationBuilder.Sql(
                "INSERT INTO job_inputs (job_id, digest) " +
                "SELECT job_id, json_extract(sweep, '$.init_image') FROM job_sweeps WHERE json_extract(sweep, '$.init_image') IS NOT NULL " +
                "UNION SELECT job_id, json_extract(sweep, '$.mask') FROM job_sweeps WHERE json_extract(sweep, '$.mask') IS NOT NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "inputs");

            migrationBuilder.DropTable(
                name: "job_inputs");
        }
    }
}
