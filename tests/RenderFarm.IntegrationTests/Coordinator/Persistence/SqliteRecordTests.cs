namespace RenderFarm.IntegrationTests.Coordinator.Persistence;

public sealed class SqliteRecordTests : RecordConformance;

public sealed class SqliteBacklogTests : BacklogConformance;
