using RenderFarm.Contracts.Attempts;
using RenderFarm.Coordinator;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Workers;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Workers;

public sealed class WorkerStandingTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;
    private static readonly CoordinatorOptions Options = new();
    private readonly FarmWorker _worker = Worker("alpha");

    [Fact]
    public void Five_different_failed_tasks_put_a_worker_into_quarantine_with_a_reason()
    {
        for (var i = 0; i < 4; i++) Assert.False(WorkerStanding.Fault(_worker, $"j/{i}", "No device.", Now, Options));
        Assert.Equal(WorkerDuty.Full, WorkerStanding.DutyOf(_worker, Now));

        Assert.True(WorkerStanding.Fault(_worker, "j/4", "No device.", Now, Options));

        Assert.Equal("5 different tasks failed on it and 0 succeeded; the last one said: No device.", _worker.QuarantineReason);
        Assert.Equal(WorkerDuty.None, WorkerStanding.DutyOf(_worker, Now + TimeSpan.FromSeconds(59)));
        Assert.Equal(WorkerDuty.Trial, WorkerStanding.DutyOf(_worker, Now + TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public void One_task_that_fails_again_and_again_is_one_fault()
    {
        for (var i = 0; i < 50; i++) Assert.False(WorkerStanding.Fault(_worker, "j/0", "No.", Now, Options));
    }

    [Fact]
    public void Worker_that_renders_more_than_it_fails_stays_and_its_faults_are_forgotten()
    {
        for (var i = 0; i < 4; i++) WorkerStanding.Fault(_worker, $"j/{i}", "No.", Now, Options);
        for (var i = 0; i < 5; i++) WorkerStanding.Success(_worker, Now);
        Assert.False(WorkerStanding.Fault(_worker, "j/4", "No.", Now, Options));

        for (var i = 0; i < 15; i++) WorkerStanding.Success(_worker, Now);

        Assert.Empty(_worker.Faults);
        Assert.Equal(0, _worker.SuccessesSinceFault);
    }

    [Fact]
    public void Task_that_fails_elsewhere_too_is_pardoned()
    {
        for (var i = 0; i < 4; i++) WorkerStanding.Fault(_worker, $"j/{i}", "No.", Now, Options);

        WorkerStanding.Pardon(_worker, "j/2", Options);

        Assert.False(WorkerStanding.Fault(_worker, "j/4", "No.", Now, Options));
        Assert.True(WorkerStanding.Fault(_worker, "j/5", "No.", Now, Options));
    }

    [Fact]
    public void Quarantine_ends_when_its_tasks_fail_elsewhere_too()
    {
        Quarantine();

        WorkerStanding.Pardon(_worker, "j/3", Options);

        Assert.Equal(WorkerDuty.Full, WorkerStanding.DutyOf(_worker, Now));
        Assert.Equal((null, 0, 4), (_worker.QuarantineReason, _worker.Quarantines, _worker.Faults.Count));
        Assert.True(WorkerStanding.Fault(_worker, "j/9", "No.", Now, Options));
    }

    [Fact]
    public void Quarantine_after_a_failed_trial_ends_when_all_its_tasks_have_failed_elsewhere()
    {
        Quarantine();
        WorkerStanding.Fault(_worker, "j/9", "Still no.", _worker.TrialAt!.Value, Options);
        for (var i = 0; i < 5; i++) WorkerStanding.Pardon(_worker, $"j/{i}", Options);
        Assert.Equal(2, _worker.Quarantines);

        WorkerStanding.Pardon(_worker, "j/9", Options);

        Assert.Equal((WorkerDuty.Full, 0), (WorkerStanding.DutyOf(_worker, Now), _worker.Quarantines));
    }

    [Fact]
    public void Faults_of_a_worker_that_fails_everything_do_not_grow_without_bound()
    {
        for (var i = 0; i < 1_000; i++) WorkerStanding.Fault(_worker, $"j/{i}", "No.", Now, Options);
        Assert.Equal(20, _worker.Faults.Count);
        Assert.Equal("j/999", _worker.Faults[^1]);
    }

    [Fact]
    public void Trial_that_succeeds_frees_the_worker_and_one_that_fails_doubles_the_cool_down()
    {
        Quarantine();
        WorkerStanding.Success(_worker, Now + TimeSpan.FromSeconds(30));
        Assert.NotNull(_worker.QuarantineReason);

        var trial = _worker.TrialAt!.Value;
        Assert.True(WorkerStanding.Fault(_worker, "j/9", "Still no.", trial, Options));
        Assert.Equal("The trial after its quarantine failed: Still no.", _worker.QuarantineReason);
        Assert.Equal(trial + TimeSpan.FromMinutes(2), _worker.TrialAt);

        WorkerStanding.Success(_worker, _worker.TrialAt!.Value);
        Assert.Equal((null, null, 0, 0), (_worker.QuarantineReason, _worker.TrialAt, _worker.Quarantines, _worker.Faults.Count));
    }

    [Fact]
    public void Cool_down_grows_to_an_hour_and_no_further()
    {
        Quarantine();
        for (var i = 0; i < 40; i++)
        {
            var trial = _worker.TrialAt!.Value;
            WorkerStanding.Fault(_worker, "j/0", "No.", trial, Options);
            Assert.True(_worker.TrialAt - trial <= TimeSpan.FromHours(1));
        }
    }

    [Fact]
    public void Released_worker_has_a_clean_slate()
    {
        Quarantine();
        WorkerStanding.Release(_worker);
        Assert.Equal(WorkerDuty.Full, WorkerStanding.DutyOf(_worker, Now));
        Assert.False(WorkerStanding.Fault(_worker, "j/9", "No.", Now, Options));
    }

    [Theory]
    [InlineData(FailureCodes.EngineFailed, true)]
    [InlineData(FailureCodes.EngineStuck, true)]
    [InlineData(FailureCodes.CheckpointUnreadable, true)]
    [InlineData(FailureCodes.UnknownUpscaler, true)]
    [InlineData(FailureCodes.StoreRefused, true)]
    [InlineData(FailureCodes.CacheFailed, true)]
    [InlineData(FailureCodes.CacheFull, false)]
    [InlineData(FailureCodes.CheckpointDamaged, false)]
    [InlineData(FailureCodes.BadRecipe, false)]
    [InlineData(FailureCodes.NotFinite, false)]
    [InlineData(FailureCodes.OutOfMemory, false)]
    [InlineData(FailureCodes.StoreUnavailable, false)]
    [InlineData(FailureCodes.UnknownCheckpoint, false)]
    [InlineData(FailureCodes.WorkerLost, false)]
    [InlineData(FailureCodes.Poison, false)]
    public void Only_what_the_worker_did_speaks_against_it(string code, bool isFault) => Assert.Equal(isFault, WorkerStanding.IsWorkerFault(code));

    [Fact]
    public void Fleet_leaves_out_quarantined_and_drained_workers_but_never_quarantines_all()
    {
        Quarantine();
        var other = Worker("beta");
        var devices = new[] { Device("alpha"), Device("beta") };
        Assert.Equal([WorkerDuty.None, WorkerDuty.Full], Fleet.Compose([_worker, other], devices, [], Now).Select(load => load.Duty));

        other.DrainedAt = Now;

        Assert.Equal([WorkerDuty.Full, WorkerDuty.None], Fleet.Compose([_worker, other], devices, [], Now).Select(load => load.Duty));
    }

    [Fact]
    public void Workers_whom_the_store_refuses_get_trials_alone_even_when_it_refuses_all()
    {
        var other = Worker("beta");
        foreach (var worker in (FarmWorker[])[_worker, other]) Refuse(worker);
        var devices = new[] { Device("alpha"), Device("beta") };

        Assert.Equal([WorkerDuty.None, WorkerDuty.None], Fleet.Compose([_worker, other], devices, [], Now).Select(load => load.Duty));
        Assert.Equal([WorkerDuty.Trial, WorkerDuty.Trial], Fleet.Compose([_worker, other], devices, [], _worker.TrialAt!.Value).Select(load => load.Duty));

        // Its engine is another thing: a task may be the cause, and has to be tried somewhere.
        WorkerStanding.Fault(other, "j/9", "No device.", Now, Options);
        Assert.Equal([WorkerDuty.None, WorkerDuty.Full], Fleet.Compose([_worker, other], devices, [], Now).Select(load => load.Duty));
    }

    [Fact]
    public void What_surrounds_a_worker_is_no_tasks_doing_and_tried_again_within_ten_minutes()
    {
        Refuse(_worker);
        WorkerStanding.Pardon(_worker, "j/0", Options);
        Assert.Equal(5, _worker.Faults.Count);
        for (var i = 0; i < 10; i++)
        {
            var trial = _worker.TrialAt!.Value;
            Assert.True(WorkerStanding.Fault(_worker, WorkerStanding.FaultOf("j/0", FailureCodes.StoreRefused), "Wrong key.", trial, Options));
            Assert.True(_worker.TrialAt - trial <= TimeSpan.FromMinutes(10));
        }
    }

    [Fact]
    public void Worker_whom_the_store_refuses_is_tried_at_once_when_it_was_started_anew_and_a_broken_one_is_not()
    {
        Refuse(_worker);
        WorkerStanding.Restart(_worker, Now);
        Assert.Equal(WorkerDuty.Trial, WorkerStanding.DutyOf(_worker, Now));

        WorkerStanding.Release(_worker);
        Quarantine();
        WorkerStanding.Restart(_worker, Now);
        Assert.Equal(WorkerDuty.None, WorkerStanding.DutyOf(_worker, Now));
    }

    [Fact]
    public void Worker_on_trial_has_room_for_one()
    {
        Quarantine();
        var load = Fleet.Compose([_worker, Worker("beta")], [Device("alpha")], [], _worker.TrialAt!.Value).Single();
        Assert.True(load.HasRoom(TimeSpan.Zero, 100));
        load.Add(1, 1);
        Assert.False(load.HasRoom(TimeSpan.FromMinutes(1), 100));
    }

    private static FarmWorker Worker(string name) => new() { Name = name, Incarnation = Guid.Empty, Checkpoints = [], FirstSeenAt = Now, LastSeenAt = Now };

    private static FarmDevice Device(string worker) => new() { Worker = worker, Device = "d", Slots = 4, Profile = "p", AnnouncedSpeed = 1 };

    private static void Refuse(FarmWorker worker)
    {
        for (var i = 0; i < 5; i++) WorkerStanding.Fault(worker, WorkerStanding.FaultOf($"j/{i}", FailureCodes.StoreRefused), "Wrong key.", Now, Options);
    }

    private void Quarantine()
    {
        for (var i = 0; i < 5; i++) WorkerStanding.Fault(_worker, $"j/{i}", "No.", Now, Options);
    }
}
