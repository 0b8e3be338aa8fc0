using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator;

public sealed class RecordStartTests : CoordinatorTest
{
    [Fact]
    public async Task Second_coordinator_on_one_record_is_refused_with_the_next_step()
    {
        await StartAsync();

        var refusal = await Assert.ThrowsAsync<RecordException>(() => CoordinatorHost.StartAsync(Folder, Store, Clock, null));

        Assert.EndsWith("is in use by another RenderFarm. Stop that one, or give this one a folder of its own.", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Record_of_a_newer_version_is_refused_rather_than_misread()
    {
        await StartAsync();
        await using (var db = await Host.Services.GetRequiredService<IDbContextFactory<FarmDbContext>>().CreateDbContextAsync(Deadline))
            await db.Database.ExecuteSqlRawAsync("INSERT INTO __EFMigrationsHistory VALUES ('99990101000000_Future', '99.0')", Deadline);

        var refusal = await Assert.ThrowsAsync<RecordException>(() => StartAsync());

        Assert.Contains("99990101000000_Future", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task File_that_is_no_record_is_refused_with_its_path()
    {
        await File.WriteAllTextAsync(Path.Combine(Folder, "farm.db"), new string('x', 5_000), Deadline);

        var refusal = await Assert.ThrowsAsync<RecordException>(() => StartAsync());

        Assert.Contains(Path.Combine(Folder, "farm.db"), refusal.Message, StringComparison.Ordinal);
        Assert.Contains("not a database", refusal.Message, StringComparison.Ordinal);
    }
}
