using Microsoft.EntityFrameworkCore;
using Npgsql;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Persistence.Postgres;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator.Persistence;

/// <summary>
/// Npgsql and the server differ about which statements a session has prepared, as happened once while lines were cut: the session said so to everyone who got it next.
/// </summary>
public sealed class SpoiltSessionTests : SharedRecordTest
{
    internal override async Task<IDatabase> OpenAsync()
    {
        // One session, so that the spoilt one is the one that is given out.
        var one = new NpgsqlConnectionStringBuilder(await PostgresRecord.NewAsync()) { MaxPoolSize = 1 };
        return new PostgresDatabase(one.ConnectionString, TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Read_of_a_session_that_has_a_statement_which_Npgsql_thinks_it_has_not_goes_on_with_another()
    {
        Postgres.Source.Clear();
        var spoilt = await SessionAsync();
        await SayAsync(string.Concat(Enumerable.Range(0, 100).Select(index => $"PREPARE _auto{index} AS SELECT 1;")));

        for (var i = 0; i < 5; i++) Assert.Equal(0, await Record.ReadAsync(db => db.Jobs.CountAsync(Cancellation), Cancellation));

        Assert.NotEqual(spoilt, await SessionAsync());
    }

    [Fact]
    public async Task Read_of_a_session_that_has_lost_its_statements_goes_on_with_another()
    {
        for (var i = 0; i < 5; i++) await Record.ReadAsync(db => db.Jobs.CountAsync(Cancellation), Cancellation);
        var spoilt = await SessionAsync();
        await SayAsync("DEALLOCATE ALL");

        Assert.Equal(0, await Record.ReadAsync(db => db.Jobs.CountAsync(Cancellation), Cancellation));

        Assert.NotEqual(spoilt, await SessionAsync());
    }

    [Fact]
    public async Task Change_that_meets_such_a_session_on_its_way_fails_as_by_an_absence_and_the_next_one_succeeds()
    {
        Task<int> ChangeAsync(bool isSpoilt) => Record.WriteAsync(
            async db =>
            {
                if (isSpoilt) await db.Database.ExecuteSqlRawAsync("DEALLOCATE ALL", Cancellation);
                return await db.Jobs.CountAsync(Cancellation);
            },
            Cancellation);
        for (var i = 0; i < 5; i++) await ChangeAsync(isSpoilt: false);
        var spoilt = await SessionAsync();

        var error = await Assert.ThrowsAnyAsync<Exception>(() => ChangeAsync(isSpoilt: true));

        Assert.True(Record.IsAway(error), error.ToString());
        Assert.NotEqual(spoilt, await SessionAsync());
        Assert.Equal(0, await ChangeAsync(isSpoilt: false));
    }

    private async Task<int> SessionAsync()
    {
        await using var connection = await Postgres.Source.OpenConnectionAsync(Cancellation);
        return connection.ProcessID;
    }

    private async Task SayAsync(string statement)
    {
        await using var connection = await Postgres.Source.OpenConnectionAsync(Cancellation);
        await ExecuteAsync(connection, statement);
    }
}
