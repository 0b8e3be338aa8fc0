using RenderFarm.Contracts;

namespace RenderFarm.Coordinator.Dispatch;

/// <summary>A job with queued tasks, as the selection sees it.</summary>
/// <param name="Job">The job.</param>
/// <param name="Tenant">Whose it is.</param>
/// <param name="Priority">One of <see cref="Priorities"/>.</param>
internal readonly record struct Contender(JobId Job, string Tenant, string Priority);

/// <summary>
/// Who is next; pure. Three levels of start-time fair queueing (Goyal, Vin, Cheng 1996): priority classes with weights 16 : 4 : 1, tenants
/// with equal weight, jobs of a tenant with equal weight. Each node has a virtual time, the cost it was served divided by its weight;
/// the node with the least is next. One that had nothing to do starts at the present virtual time of its siblings: it neither
/// collects credit while away nor waits behind anyone when it comes.
/// </summary>
/// <remarks>
/// A round is <see cref="Begin"/>, then <see cref="Next"/> again and again, each answered by <see cref="Charge"/> or <see cref="SetAside"/>.
/// Not safe for use by several threads.
/// </remarks>
internal sealed class FairSelection
{
    private readonly Node _root = new(default, 1);
    private (Node Class, Node Tenant, Node Job)? _chosen;

    /// <summary>Starts a round with the jobs that have something to dispatch, in order of submission.</summary>
    public void Begin(IEnumerable<Contender> contenders)
    {
        _chosen = null;
        _root.BeginRound();
        foreach (var contender in contenders)
        {
            var tenant = _root.Child(new(contender.Priority), Weight(contender.Priority)).Child(new(contender.Tenant), 1);
            tenant.Child(new(null, contender.Job), 1).Contender = contender;
        }

        _root.OpenRound();
    }

    /// <summary>The job whose task should be dispatched next; null when none is left in this round.</summary>
    public Contender? Next()
    {
        if (_chosen is not null) throw new InvalidOperationException("The job chosen last was neither charged nor set aside.");
        if (_root.Take() is not { } priority) return null;
        var tenant = priority.Take()!;
        var job = tenant.Take()!;
        _chosen = (priority, tenant, job);
        return job.Contender;
    }

    /// <summary>The chosen job got a task of this cost and stays in the round.</summary>
    public void Charge(long cost)
    {
        var (priority, tenant, job) = Chosen();
        tenant.Serve(job, cost);
        priority.Serve(tenant, cost);
        _root.Serve(priority, cost);
    }

    /// <summary>A job of this round was served past the order, and pays like any other. At the end of a round only: its order is spoilt by it.</summary>
    public void Charge(Contender contender, long cost)
    {
        var priority = _root.Child(new(contender.Priority), Weight(contender.Priority));
        var tenant = priority.Child(new(contender.Tenant), 1);
        tenant.Serve(tenant.Child(new(null, contender.Job), 1), cost);
        priority.Serve(tenant, cost);
        _root.Serve(priority, cost);
    }

    /// <summary>The chosen job cannot be served in this round; nobody is charged.</summary>
    public void SetAside()
    {
        var (priority, tenant, _) = Chosen();
        if (tenant.HasWaiting) priority.Return(tenant);
        if (priority.HasWaiting) _root.Return(priority);
    }

    /// <summary>Share of a priority class.</summary>
    public static int Weight(string priority) => priority switch
    {
        Priorities.High => 16,
        Priorities.Normal => 4,
        _ => 1,
    };

    private (Node Class, Node Tenant, Node Job) Chosen()
    {
        var chosen = _chosen ?? throw new InvalidOperationException("No job is chosen.");
        _chosen = null;
        return chosen;
    }

    // A class or a tenant by its name, a job by its id: as it is, for a round that looks at a million jobs must not write a million texts.
    private readonly record struct Key(string? Name, JobId Job = default);

    private sealed class Node(Key key, int weight)
    {
        private readonly Dictionary<Key, Node> _children = [];
        private readonly PriorityQueue<Node, (double Time, int Order)> _waiting = new();
        private double _now;
        private double _time;
        private int _order;
        private bool _present;
        private bool _wasPresent;

        public Contender Contender { get; set; }

        public bool HasWaiting => _waiting.Count > 0;

        public void BeginRound()
        {
            _waiting.Clear();
            foreach (var child in _children.Values)
            {
                (child._wasPresent, child._present) = (child._present, false);
                child.BeginRound();
            }
        }

        public Node Child(Key childKey, int childWeight)
        {
            if (!_children.TryGetValue(childKey, out var child)) _children[childKey] = child = new Node(childKey, childWeight);
            if (child._present) return child;
            child._present = true;
            child._order = _waiting.Count;
            if (!child._wasPresent) child._time = Math.Max(child._time, _now);
            _waiting.Enqueue(child, (child._time, child._order));
            return child;
        }

        public void OpenRound()
        {
            // An absent child that owes nothing more can be forgotten; with nobody left to owe to, all can.
            foreach (var child in _children.Values.Where(child => !child._present && (child._time <= _now || !HasWaiting)).ToList())
                _children.Remove(child.Key);
            if (_children.Count == 0) _now = 0;
            foreach (var child in _children.Values) child.OpenRound();
        }

        private Key Key { get; } = key;

        private int Weight { get; } = weight;

        public Node? Take() => _waiting.TryDequeue(out var next, out _) ? next : null;

        public void Serve(Node child, long cost)
        {
            // The present is the start of the latest service: a newcomer ties with nobody who was served since.
            _now = Math.Max(_now, child._time);
            child._time += cost / (double)child.Weight;
            Return(child);
        }

        public void Return(Node child) => _waiting.Enqueue(child, (child._time, child._order));
    }
}
