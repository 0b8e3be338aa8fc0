using RenderFarm.IntegrationTests.Coordinator.Jobs;
using RenderFarm.IntegrationTests.Coordinator.Workers;
using RenderFarm.Testing.Coordinator;

namespace RenderFarm.IntegrationTests.Coordinator.Persistence;

// What is true of a coordinator is true of it on either database.

public sealed class SubmitOnPostgresTests : SubmitTests
{
    protected override Task<string> NewRecordAsync() => PostgresRecord.NewAsync();
}

public sealed class DispatchOnPostgresTests : DispatchTests
{
    protected override Task<string> NewRecordAsync() => PostgresRecord.NewAsync();
}

public sealed class LeaseOnPostgresTests : LeaseTests
{
    protected override Task<string> NewRecordAsync() => PostgresRecord.NewAsync();
}

public sealed class FailureOnPostgresTests : FailureTests
{
    protected override Task<string> NewRecordAsync() => PostgresRecord.NewAsync();
}

public sealed class CancelOnPostgresTests : CancelTests
{
    protected override Task<string> NewRecordAsync() => PostgresRecord.NewAsync();
}

public sealed class EventStreamOnPostgresTests : EventStreamTests
{
    protected override Task<string> NewRecordAsync() => PostgresRecord.NewAsync();
}

public sealed class WholeJobOnPostgresTests : WholeJobTests
{
    protected override Task<string> NewRecordAsync() => PostgresRecord.NewAsync();
}

public sealed class LoadOnPostgresTests : LoadTests
{
    protected override Task<string> NewRecordAsync() => PostgresRecord.NewAsync();
}

public sealed class PauseOnPostgresTests : PauseTests
{
    protected override Task<string> NewRecordAsync() => PostgresRecord.NewAsync();
}

public sealed class UpscalerOnPostgresTests : UpscalerTests
{
    protected override Task<string> NewRecordAsync() => PostgresRecord.NewAsync();
}

public sealed class CapabilitiesOnPostgresTests : CapabilitiesTests
{
    protected override Task<string> NewRecordAsync() => PostgresRecord.NewAsync();
}

public sealed class BrokenTextOnPostgresTests : BrokenTextTests
{
    protected override Task<string> NewRecordAsync() => PostgresRecord.NewAsync();
}

public sealed class ShelfOnPostgresTests : ShelfTests
{
    protected override Task<string> NewRecordAsync() => PostgresRecord.NewAsync();
}
