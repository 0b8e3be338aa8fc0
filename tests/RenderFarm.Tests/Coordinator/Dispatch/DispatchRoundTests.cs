using RenderFarm.Contracts;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Dispatch;

public sealed class DispatchRoundTests
{
    private readonly DispatchRound _round = new(device => device.HasRoom(TimeSpan.Zero, 1_000));
    private readonly Dictionary<JobId, List<WaitingTask>> _waiting = [];
    private readonly List<WaitingSuspect> _suspects = [];
    private readonly List<WaitingJob> _jobs = [];
    private int _read;

    [Fact]
    public async Task Suspect_waits_for_an_empty_worker_which_gets_nothing_else_and_then_runs_there_alone()
    {
        var job = Add("a", ordinary: 50, suspects: 1);

        var (busy, _) = await RoundAsync(Device("w", held: 3));
        Assert.Empty(busy);
        var (alone, _) = await RoundAsync(Device("w"));
        Assert.Equal([_suspects[0].Index], Assert.Single(alone).Indices);
        _suspects.Clear();

        var (during, _) = await RoundAsync(Device("w", held: 1, holdsSuspect: true));
        Assert.Empty(during);
        var (after, _) = await RoundAsync(Device("w"));
        Assert.Equal(4, Assert.Single(after).Indices.Count);
        Assert.Equal(job, after[0].Job.Id);
    }

    [Fact]
    public async Task Worker_with_runs_that_nobody_wants_is_not_empty()
    {
        Add("a", ordinary: 5, suspects: 1);
        Assert.Empty((await RoundAsync(Device("w", hasStrangers: true))).Allotments);
    }

    [Fact]
    public async Task All_devices_of_a_worker_are_kept_for_its_suspect_since_they_die_together()
    {
        Add("a", ordinary: 50, suspects: 1);

        var (allotments, devices) = await RoundAsync(Device("w", "d0"), Device("w", "d1"), Device("v"));

        Assert.Single(allotments, allotment => allotment.Device.Worker == "w");
        Assert.Equal(1, devices.Where(device => device.Worker == "w").Sum(device => device.Held));
        Assert.Equal(4, allotments.Single(allotment => allotment.Device.Worker == "v").Indices.Count);
    }

    [Fact]
    public async Task Single_worker_serves_suspects_and_others_in_turn()
    {
        Add("a", ordinary: 400, suspects: 20);
        var kinds = new List<bool>();
        for (var i = 0; i < 60; i++)
        {
            var (allotments, _) = await RoundAsync(Device("w"));
            foreach (var allotment in allotments) kinds.Add(Serve(allotment));
        }

        // Suspect, others, suspect, others… and none of either is left waiting for ever.
        Assert.Equal(20, kinds.Count(isSuspect => isSuspect));
        Assert.All(kinds.Take(40).Chunk(2), pair => Assert.NotEqual(pair[0], pair[1]));
    }

    [Fact]
    public async Task Suspects_take_at_most_half_of_the_workers()
    {
        Add("a", ordinary: 400, suspects: 20);
        var (allotments, _) = await RoundAsync([.. Enumerable.Range(0, 10).Select(i => Device($"w{i}"))]);
        Assert.Equal(5, allotments.Count(allotment => allotment.Indices is [>= 1_000]));
        Assert.Equal(5, allotments.Count(allotment => allotment.Indices.Count == 4));
    }

    [Fact]
    public async Task Suspects_take_every_worker_when_nothing_else_waits()
    {
        Add("a", ordinary: 0, suspects: 20);

        var (allotments, _) = await RoundAsync(Workers(10));

        Assert.Equal(10, allotments.Select(allotment => allotment.Device.Worker).Distinct().Count());
        Assert.All(allotments, allotment => Assert.Single(allotment.Indices));
    }

    [Fact]
    public async Task Suspects_take_what_few_others_leave_empty_and_no_worker_that_others_are_on()
    {
        Add("a", ordinary: 2, suspects: 20);

        var (allotments, devices) = await RoundAsync(Workers(10));

        Assert.Equal(8, allotments.Count(allotment => allotment.Indices is [>= 1_000]));
        Assert.All(devices, device => Assert.Equal(1, device.Held));
    }

    [Fact]
    public async Task Others_that_were_not_looked_at_keep_their_half_of_the_workers()
    {
        Add("a", ordinary: 0, suspects: 20);
        var allotments = await _round.AllotAsync(_jobs, _suspects, Workers(10), (_, _, _) => Task.FromResult(new List<WaitingTask>()), othersWait: true);
        Assert.Equal(5, allotments.Count);
    }

    [Fact]
    public async Task Others_that_come_while_suspects_have_all_workers_get_those_that_become_free_until_they_have_half()
    {
        Add("a", ordinary: 0, suspects: 20);
        foreach (var allotment in (await RoundAsync(Workers(4))).Allotments) Serve(allotment);
        Assert.Equal(16, _suspects.Count);
        Add("b", ordinary: 400, suspects: 0);

        for (var held = 3; held >= 2; held--)
        {
            var (after, _) = await RoundAsync([.. Enumerable.Range(0, 4).Select(i => Device($"w{i}", held: i < held ? 1 : 0, holdsSuspect: i < held))]);
            Assert.All(after, allotment => Assert.Equal("b", allotment.Job.Tenant));
            Assert.Equal(4 - held, after.Count(allotment => allotment.Indices.Count == 4));
        }

        var (half, _) = await RoundAsync(Device("w0", held: 1, holdsSuspect: true), Device("w1", held: 4), Device("w2"), Device("w3", held: 4));
        Assert.Equal(("a", "w2"), (Assert.Single(half).Job.Tenant, half[0].Device.Worker));
    }

    [Fact]
    public async Task Suspect_that_only_busy_workers_could_run_keeps_no_more_than_half_of_them()
    {
        Add("a", ordinary: 0, suspects: 20);
        var (allotments, devices) = await RoundAsync([.. Enumerable.Range(0, 4).Select(i => Device($"w{i}", held: 1))]);
        Assert.Empty(allotments);
        Assert.Equal(2, devices.Count(device => device.IsReserved));
    }

    [Fact]
    public async Task Suspect_prefers_another_worker_than_the_one_that_died_with_it()
    {
        Add("a", ordinary: 0, suspects: 1, avoid: "w");
        Assert.Equal("v", Assert.Single((await RoundAsync(Device("w"), Device("v", speed: 0.1))).Allotments).Device.Worker);
    }

    [Fact]
    public async Task Tenants_take_turns_with_their_suspects()
    {
        Add("a", ordinary: 0, suspects: 20);
        var small = Add("b", ordinary: 0, suspects: 1);

        var (allotments, _) = await RoundAsync([.. Enumerable.Range(0, 4).Select(i => Device($"w{i}"))]);

        Assert.Contains(allotments, allotment => allotment.Job.Id == small);
    }

    [Fact]
    public async Task Reproducible_job_that_starts_with_a_suspect_stays_on_its_profile_within_the_round()
    {
        Add("a", ordinary: 10, suspects: 1);
        var (allotments, _) = await RoundAsync(Device("w", profile: "p1"), Device("v", profile: "p2", speed: 0.1));
        Assert.All(allotments, allotment => Assert.Equal("p1", allotment.Device.Profile));
    }

    [Fact]
    public async Task Task_that_waits_for_another_worker_lets_those_behind_it_pass()
    {
        var job = Add("a", ordinary: 3, suspects: 0);
        _waiting[job][0] = _waiting[job][0] with { AvoidWorker = "idle" };

        var (allotments, _) = await RoundAsync(Device("idle"), Device("full", held: 4));

        var only = Assert.Single(allotments);
        Assert.Equal("idle", only.Device.Worker);
        Assert.Equal([1, 2], only.Indices);
    }

    [Fact]
    public async Task Tasks_that_wait_for_another_worker_are_looked_past_further_than_one_reading_but_not_without_end()
    {
        var job = Add("a", ordinary: 1_000, suspects: 0);
        for (var index = 0; index < 100; index++) _waiting[job][index] = _waiting[job][index] with { AvoidWorker = "idle" };
        Assert.Equal([100, 101, 102, 103], Assert.Single((await RoundAsync(Device("idle"), Device("full", held: 4))).Allotments).Indices);

        for (var index = 0; index < 900; index++) _waiting[job][index] = _waiting[job][index] with { AvoidWorker = "idle" };
        _read = 0;
        Assert.Empty((await RoundAsync(Device("idle"), Device("full", held: 4))).Allotments);
        Assert.InRange(_read, 64, 400);
    }

    [Fact]
    public async Task Job_that_passes_its_own_tasks_over_pays_for_what_it_gets_and_no_more()
    {
        var stuck = Add("a", ordinary: 40, suspects: 0);
        for (var index = 0; index < 20; index++) _waiting[stuck][index] = _waiting[stuck][index] with { AvoidWorker = "idle" };
        var other = Add("b", ordinary: 40, suspects: 0);
        var served = new Dictionary<JobId, int> { [stuck] = 0, [other] = 0 };
        for (var round = 0; round < 8; round++)
        {
            foreach (var allotment in (await RoundAsync(Device("idle"), Device("full", held: 4))).Allotments)
            {
                served[allotment.Job.Id] += allotment.Indices.Count;
                Serve(allotment);
            }
        }

        Assert.Equal((16, 16), (served[stuck], served[other]));
    }

    [Fact]
    public async Task Newcomer_is_served_in_the_first_round_beside_thousands_of_jobs_of_another_tenant_and_few_of_their_tasks_are_read()
    {
        for (var job = 0; job < 5_000; job++) Add("many", ordinary: 1, suspects: 0);
        var newcomer = Add("one", ordinary: 1, suspects: 0);

        var (allotments, _) = await RoundAsync(Device("w"));

        Assert.Equal([_jobs[0].Id, _jobs[1].Id, _jobs[2].Id, newcomer], allotments.Select(allotment => allotment.Job.Id).Order());
        Assert.Equal(4, _read);
    }

    [Fact]
    public async Task Job_that_is_too_large_for_the_only_device_with_room_lets_those_behind_it_pass_at_no_cost_of_a_query()
    {
        for (var job = 0; job < 500; job++) Add("a", ordinary: 1, suspects: 0, pixels: 1_001 + job);
        var small = Add("a", ordinary: 3, suspects: 0, pixels: 1_000);

        var (allotments, _) = await RoundAsync(Device("small", pixels: 1_000), Device("full", held: 4));

        Assert.Equal((small, "small"), (Assert.Single(allotments).Job.Id, allotments[0].Device.Worker));
        Assert.Equal(3, _read);
    }

    [Fact]
    public async Task Suspect_runs_alone_on_a_worker_that_takes_its_size()
    {
        Add("a", ordinary: 0, suspects: 1, pixels: 1_001);

        Assert.Empty((await RoundAsync(Device("small", pixels: 1_000), Device("smaller", pixels: 10))).Allotments);
        Assert.Equal("large", Assert.Single((await RoundAsync(Device("small", pixels: 1_000), Device("large"))).Allotments).Device.Worker);
    }

    private static DeviceLoad[] Workers(int count) => [.. Enumerable.Range(0, count).Select(i => Device($"w{i}"))];

    private JobId Add(string tenant, int ordinary, int suspects, string? avoid = null, long pixels = 0)
    {
        var id = new JobId(new Guid(_jobs.Count + 1, 0, 0, new byte[8]));
        _jobs.Add(new WaitingJob(id, tenant, Priorities.Normal, new RenderNeeds(ScriptedWorker.Digest, DeterminismClasses.Reproducible, null) { Pixels = pixels }, "png", null));
        _waiting[id] = [.. Enumerable.Range(0, ordinary).Select(index => new WaitingTask(index, 10, null))];
        _suspects.AddRange(Enumerable.Range(1_000, suspects).Select(index => new WaitingSuspect(id, index, 10, avoid)));
        return id;
    }

    private bool Serve(Allotment allotment)
    {
        var isSuspect = allotment.Indices[0] >= 1_000;
        _waiting[allotment.Job.Id].RemoveAll(task => allotment.Indices.Contains(task.Index));
        _suspects.RemoveAll(suspect => suspect.Job == allotment.Job.Id && allotment.Indices.Contains(suspect.Index));
        return isSuspect;
    }

    private async Task<(List<Allotment> Allotments, DeviceLoad[] Devices)> RoundAsync(params DeviceLoad[] devices) => (
        await _round.AllotAsync(
            _jobs, _suspects, devices, (job, after, count) => Task.FromResult(Read(_waiting[job].Where(task => task.Index > after).Take(count)))),
        devices);

    private List<WaitingTask> Read(IEnumerable<WaitingTask> tasks)
    {
        var read = tasks.ToList();
        _read += read.Count;
        return read;
    }

    private static DeviceLoad Device(
        string worker, string device = "d", int held = 0, bool holdsSuspect = false, bool hasStrangers = false, double speed = 1, string profile = "p", long? pixels = null)
    {
        var load = new DeviceLoad
        {
            Worker = worker,
            Device = device,
            Slots = 4,
            Profile = profile,
            Speed = speed,
            PixelsPerImage = pixels,
            IsMeasured = false,
            Checkpoints = new HashSet<string> { ScriptedWorker.Digest },
            HasStrangers = hasStrangers,
        };
        if (held > 0) load.Add(held, held * 10);
        if (holdsSuspect) load.MarkSuspect();
        return load;
    }
}
