using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Reports;
using RenderFarm.Coordinator.Telemetry;
using RenderFarm.Hosting.Telemetry;
using RenderFarm.Tests.Hosting.Telemetry;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Telemetry;

/// <summary>The instruments are the process's and other tests use them too: every test looks for values of its own.</summary>
public sealed class CoordinatorMetersTests
{
    private static readonly AttemptId Attempt = new(JobId.New(TimeProvider.System), 0, 1);
    private static readonly RunId Run = RunId.New(TimeProvider.System);

    [Fact]
    public void Written_batch_counts_its_size_its_refusals_and_the_outcomes_of_the_rest()
    {
        using var reader = new InstrumentReader(instrument => instrument.Meter.Name == FarmInstruments.CoordinatorMeter);

        CoordinatorMeters.Written(4_017, 4_011, [
            new StartReport(Attempt, Run, "w"),
            new SuccessReport(Attempt, Run, "w", new StoredImage("k", "s", 1, 123_456, "p")),
            new FailureReport(Attempt, Run, "w", new AttemptFailure("cause_of_this_test", true, "It failed.")),
            new ReturnReport(Attempt, Run, "w"),
        ]);

        Assert.Contains(("", 4_017.0), reader.Read(FarmInstruments.ReportBatchSize));
        Assert.Contains(("", 4_011.0), reader.Read(FarmInstruments.ReportsRefused));
        Assert.Contains(("", 123.456), reader.Read(FarmInstruments.RenderDuration));
        Assert.Single(reader.Read(FarmInstruments.Attempts, "code"), entry => entry.Tag == "cause_of_this_test");
        Assert.Contains(reader.Read(FarmInstruments.Attempts, "outcome"), entry => entry.Tag == "succeeded");
        Assert.Contains(reader.Read(FarmInstruments.Attempts, "outcome"), entry => entry.Tag == "returned");
    }

    [Fact]
    public void Wait_for_dispatch_runs_from_submission_and_counts_first_attempts_alone()
    {
        using var reader = new InstrumentReader(instrument => instrument.Name == FarmInstruments.SubmitToDispatch);
        var submitted = new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);
        var job = new WaitingJob(
            new JobId(Guid.CreateVersion7(submitted)), "t", "priority of this test", new RenderNeeds("c", DeterminismClasses.Fast, null), ImageFormats.Png, null);

        CoordinatorMeters.Dispatched([new ClaimedTask(job, "w", "cpu", 0, 1), new ClaimedTask(job, "w", "cpu", 1, 2)], submitted.AddMilliseconds(2_500));

        Assert.Equal(2.5, Assert.Single(reader.Read(FarmInstruments.SubmitToDispatch, "priority"), entry => entry.Tag == "priority of this test").Value, 6);
    }

    [Fact]
    public void Clock_that_went_back_makes_no_negative_wait()
    {
        using var reader = new InstrumentReader(instrument => instrument.Name == FarmInstruments.SubmitToDispatch);
        var job = new WaitingJob(
            new JobId(Guid.CreateVersion7(DateTimeOffset.UnixEpoch.AddDays(2))), "t", "back in time", new RenderNeeds("c", DeterminismClasses.Fast, null), ImageFormats.Png, null);

        CoordinatorMeters.Dispatched([new ClaimedTask(job, "w", "cpu", 0, 1)], DateTimeOffset.UnixEpoch);

        Assert.Equal(0, Assert.Single(reader.Read(FarmInstruments.SubmitToDispatch, "priority"), entry => entry.Tag == "back in time").Value);
    }

    [Fact]
    public void Rescues_are_counted_by_task()
    {
        using var reader = new InstrumentReader(instrument => instrument.Name == FarmInstruments.Rescues);

        CoordinatorMeters.Rescued(0);
        CoordinatorMeters.Rescued(917);

        Assert.Single(reader.Read(FarmInstruments.Rescues), entry => entry.Value is 917 or 0);
    }
}
