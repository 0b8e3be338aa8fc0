using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace RenderFarm.Coordinator.Persistence.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class BegunJobs : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            // A column that only the statements know, and how the entries of an index are kept: the shape of the record can say neither.
            migrationBuilder.Sql(JobStatements.KeepVersionsApart);
            migrationBuilder.Sql(JobStatements.BegunId);
            migrationBuilder.Sql(JobStatements.BegunIndex);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("DROP INDEX ix_jobs_begun");
            migrationBuilder.Sql("ALTER TABLE jobs DROP COLUMN begun_id");
            migrationBuilder.Sql("""ALTER INDEX "PK_jobs" RESET (deduplicate_items); ALTER INDEX ix_jobs_tenant RESET (deduplicate_items)""");
        }
    }
}
