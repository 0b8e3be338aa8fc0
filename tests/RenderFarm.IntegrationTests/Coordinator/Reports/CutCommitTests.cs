using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Testing.Coordinator;
using RenderFarm.Testing.Services;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator.Reports;

/// <summary>The line to the database breaks at the COMMIT of a report: nobody can tell whether it was recorded, and it is, once.</summary>
public sealed class CutCommitTests : CoordinatorTest
{
    private FaultProxy? _line;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Report_whose_commit_was_cut_off_is_recorded_once(bool isAnswerLost)
    {
        var worker = await StartWithWorkerAsync();
        var job = await Host.SubmitAsync(new { prompt = "x", images = 2 }, Deadline);
        var (cut, other) = ((await worker.NextAsync(Deadline)).Attempt, (await worker.NextAsync(Deadline)).Attempt);
        var run = new RunId(Guid.NewGuid());
        var key = ObjectKey.ForImage(cut, run, ImageFormats.Png);
        var aim = new AimedCut(key.Value, isAnswerLost);
        _line!.Aim = aim;

        await worker.SucceedAsync(cut, run);
        await aim.Struck.WaitAsync(Deadline);
        await worker.SucceedAsync(other);

        var ended = await Host.UntilAsync(job.Id, view => view.EndedAt is not null, Deadline);
        Assert.Equal(new TaskCounts(2, 0, 0, 0, 2, 0, 0), ended.Tasks);
        var record = Host.Services.GetRequiredService<FarmRecord>();
        var tasks = await record.ReadAsync(db => db.Tasks.OrderBy(task => task.EndedSeq).Select(task => new { task.Index, task.ObjectKey, task.EndedSeq }).ToListAsync(Deadline), Deadline);
        // A second recording would have taken another number, or another key.
        Assert.Equal(2, tasks[1].EndedSeq!.Value - tasks[0].EndedSeq!.Value + 1);
        Assert.Equal(key.Value, tasks.Single(task => task.Index == cut.Index).ObjectKey);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_line is not null) await _line.DisposeAsync();
    }

    protected override async Task<string> NewRecordAsync()
    {
        var connection = await PostgresRecord.NewAsync();
        _line = new FaultProxy("127.0.0.1", (await PostgresService.SharedAsync()).Port);
        return PostgresService.Via(connection, _line.Port);
    }
}
