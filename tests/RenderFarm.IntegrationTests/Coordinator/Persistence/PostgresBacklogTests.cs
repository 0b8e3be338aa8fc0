using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Persistence.Postgres;
using RenderFarm.Testing.Coordinator;

namespace RenderFarm.IntegrationTests.Coordinator.Persistence;

public sealed class PostgresBacklogTests : BacklogConformance
{
    internal override async Task<IDatabase> OpenAsync() => new PostgresDatabase(await PostgresRecord.NewAsync(), TimeSpan.FromSeconds(30));

    internal override Task<long> LeadAsync() => PostgresRecordTests.LeadAsync((PostgresDatabase)Database, Cancellation);
}
