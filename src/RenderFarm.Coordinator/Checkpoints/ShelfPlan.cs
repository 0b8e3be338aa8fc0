using RenderFarm.Contracts;

namespace RenderFarm.Coordinator.Checkpoints;

/// <summary>Work that waits for a checkpoint.</summary>
/// <param name="Digest">The checkpoint.</param>
/// <param name="Cost">Pixel-steps in the backlog.</param>
/// <param name="IsStored">Whether workers can fetch it.</param>
internal sealed record ShelfDemand(string Digest, double Cost, bool IsStored)
{
    /// <summary>Digest of the upscaler that this work needs beside it; null for none.</summary>
    public string? Upscaler { get; init; }

    /// <summary>Pixels of the largest image of this work; 0 when they are not known.</summary>
    public long Pixels { get; init; }

    /// <summary>One of <see cref="DeterminismClasses"/>.</summary>
    public string Determinism { get; init; } = DeterminismClasses.Reproducible;

    /// <summary>Execution profile that this work is pinned to; null when it is free.</summary>
    public string? Profile { get; init; }

    /// <summary>Tells demands apart.</summary>
    public (string Digest, string? Upscaler, long Pixels, string Determinism, string? Profile) Key => (Digest, Upscaler, Pixels, Determinism, Profile);

    /// <summary>Whether every device that suits this work suits the other too: they share devices, and the other waits behind this.</summary>
    public bool IsNoEasierThan(ShelfDemand other) =>
        Digest == other.Digest && (other.Upscaler is null || other.Upscaler == Upscaler) && Pixels >= other.Pixels
        && (other.Determinism == Determinism || other.Determinism == DeterminismClasses.Fast) && (other.Profile is null || other.Profile == Profile);
}

/// <summary>A device that may render.</summary>
/// <param name="Worker">Its worker.</param>
/// <param name="Device">Its name within the worker.</param>
/// <param name="Speed">Pixel-steps per second.</param>
/// <param name="Holds">Digests of the checkpoints on its worker's disk.</param>
/// <param name="Fetches">Whether its worker fetches others.</param>
internal sealed record ShelfDevice(string Worker, string Device, double Speed, IReadOnlySet<string> Holds, bool Fetches)
{
    /// <summary>Tells devices apart.</summary>
    public (string Worker, string Device) Key => (Worker, Device);

    /// <summary>Its execution profile.</summary>
    public string Profile { get; init; } = "";

    /// <summary>Digests of the upscalers of its worker.</summary>
    public IReadOnlySet<string> Upscalers { get; init; } = new HashSet<string>();

    /// <summary>Most pixels of an image that it takes; null for any number.</summary>
    public long? PixelsPerImage { get; init; }

    /// <summary>Whether it takes fast jobs alone.</summary>
    public bool IsFast { get; init; }

    /// <summary>Whether it could do the work, once it has the checkpoint: upscalers are not fetched, and a size, a class or a profile is not to be had.</summary>
    public bool Suits(ShelfDemand demand) => (demand.Upscaler is not { } upscaler || Upscalers.Contains(upscaler))
        && (PixelsPerImage is not { } most || demand.Pixels <= most)
        && (!IsFast || demand.Determinism == DeterminismClasses.Fast)
        && (demand.Profile is not { } profile || profile == Profile);
}

/// <summary>A device shall load a checkpoint.</summary>
internal sealed record ShelfMove(string Worker, string Device, string Digest);

/// <summary>When a device changes what it serves.</summary>
/// <param name="Slots">Checkpoints that a device keeps loaded.</param>
/// <param name="Load">How long fetching and loading one takes.</param>
/// <param name="Factor">A checkpoint with work stays at least so many load times, so that loading takes at most one part in so many of a device's time.</param>
/// <param name="Quiet">A checkpoint without work for so long gives up its place.</param>
internal sealed record ShelfRules(int Slots, TimeSpan Load, double Factor, TimeSpan Quiet)
{
    /// <summary>Shortest time between two changes of one place while there is work for what is in it.</summary>
    public TimeSpan Dwell => Load * Factor;
}

/// <summary>
/// Which checkpoints devices serve; pure. Each device has a few places. A checkpoint gets another place when no device serves it, or when those that do
/// would need longer than the dwell; a free place is taken at once, one whose checkpoint has been quiet for a while next, and one with work only after
/// its dwell, and only from a checkpoint that is better off. So a device loads at most once a dwell for each place while there is work, and whatever is
/// asked for gets its turn.
/// </summary>
/// <remarks>What it remembers is soft: a new leader begins with what devices hold, and every dwell anew.</remarks>
internal sealed class ShelfPlan(ShelfRules rules)
{
    private readonly Dictionary<(string, string), List<Place>> _places = [];

    // Of those that no device serves, the one that has waited longest is next: by name alone, the last would never be.
    private readonly Dictionary<(string Digest, string? Upscaler, long Pixels, string Determinism, string? Profile), DateTimeOffset> _unservedSince = [];

    /// <summary>Whether a device is given tasks of a checkpoint now: it holds it, and serves it.</summary>
    public bool Accepts(ShelfDevice device, string digest) =>
        device.Holds.Contains(digest) && (!_places.TryGetValue(device.Key, out var places) ? device.Holds.Count <= rules.Slots : places.Exists(place => place.Digest == digest));

    /// <summary>Decides who loads what, at most one more device for each checkpoint.</summary>
    public IReadOnlyList<ShelfMove> Plan(DateTimeOffset now, IReadOnlyList<ShelfDemand> demands, IReadOnlyList<ShelfDevice> devices)
    {
        var costs = demands.GroupBy(demand => demand.Digest).ToDictionary(group => group.Key, group => group.Sum(demand => demand.Cost), StringComparer.Ordinal);
        Follow(now, demands, costs, devices);
        List<ShelfMove> moves = [];
        var ordered = demands.Where(demand => demand.Cost > 0)
            .OrderByDescending(demand => Wait(demand, demands, devices))
            .ThenBy(demand => _unservedSince.GetValueOrDefault(demand.Key))
            .ThenBy(demand => demand.Digest, StringComparer.Ordinal)
            // A device with the upscaler does for work without it too, one for large images for small ones, one for reproducible jobs for fast ones, and any
            // profile for work that is not pinned.
            .ThenByDescending(demand => demand.Upscaler, StringComparer.Ordinal)
            .ThenByDescending(demand => demand.Pixels)
            .ThenByDescending(demand => demand.Determinism, StringComparer.Ordinal)
            .ThenByDescending(demand => demand.Profile, StringComparer.Ordinal);
        foreach (var demand in ordered.ToList())
        {
            if (Wait(demand, demands, devices) <= rules.Dwell.TotalSeconds) continue;
            if (Best(now, demand, Wait(demand, demands, devices), costs, devices) is not { } choice) continue;
            if (choice.Place is { } place) _places[choice.Device.Key].Remove(place);
            _places[choice.Device.Key].Add(new Place(demand.Digest, now));
            moves.Add(new ShelfMove(choice.Device.Worker, choice.Device.Device, demand.Digest));
        }

        return moves;
    }

    // Devices that left are forgotten, new ones begin with what they hold, and a place knows since when its checkpoint is quiet.
    private void Follow(DateTimeOffset now, IReadOnlyList<ShelfDemand> demands, Dictionary<string, double> costs, IReadOnlyList<ShelfDevice> devices)
    {
        var waitingFor = demands.Where(demand => demand.Cost > 0).ToLookup(demand => demand.Digest, StringComparer.Ordinal);
        var present = devices.Select(device => device.Key).ToHashSet();
        foreach (var gone in _places.Keys.Where(key => !present.Contains(key)).ToList()) _places.Remove(gone);
        foreach (var device in devices)
        {
            if (!_places.TryGetValue(device.Key, out var places))
            {
                var first = device.Holds.OrderByDescending(digest => waitingFor[digest].Where(device.Suits).Sum(demand => demand.Cost)).ThenBy(digest => digest, StringComparer.Ordinal).Take(rules.Slots);
                // What a worker brings with it has not been loaded for anybody yet: it need not stay.
                _places[device.Key] = places = [.. first.Select(digest => new Place(digest, DateTimeOffset.MinValue))];
            }

            // A load that did not come to pass within its time is given up, so that it is tried elsewhere.
            places.RemoveAll(place => !device.Holds.Contains(place.Digest) && now - place.Since > rules.Dwell);
            // What lies on the disk already takes a free place unasked: loading it costs little, and nobody loses anything.
            var idle = device.Holds.Where(digest => waitingFor[digest].Any(device.Suits) && !Serves(device, digest));
            foreach (var digest in idle.OrderByDescending(digest => costs[digest]).ThenBy(digest => digest, StringComparer.Ordinal).Take(rules.Slots - places.Count).ToList())
                places.Add(new Place(digest, now));
            foreach (var place in places) place.QuietSince = waitingFor[place.Digest].Any(device.Suits) ? null : place.QuietSince ?? now;
        }

        var waiting = demands.Where(demand => demand.Cost > 0 && !devices.Any(device => Serves(device, demand))).Select(demand => demand.Key).ToHashSet();
        foreach (var served in _unservedSince.Keys.Where(key => !waiting.Contains(key)).ToList()) _unservedSince.Remove(served);
        foreach (var key in waiting) _unservedSince.TryAdd(key, now);
    }

    // Seconds until the devices that serve it are done; those that are still loading count, or everybody would be sent for it.
    // Work waits behind all of its checkpoint that asks for as much or more: that without an upscaler behind that with one, small images behind large ones.
    private double Wait(ShelfDemand demand, IReadOnlyList<ShelfDemand> demands, IReadOnlyList<ShelfDevice> devices)
    {
        var speed = devices.Where(device => Serves(device, demand)).Sum(Share);
        return speed > 0 ? demands.Where(other => other.IsNoEasierThan(demand)).Sum(other => other.Cost) / speed : double.PositiveInfinity;
    }

    private bool Serves(ShelfDevice device, ShelfDemand demand) => device.Suits(demand) && Serves(device, demand.Digest);

    private bool Serves(ShelfDevice device, string digest) => _places[device.Key].Exists(place => place.Digest == digest);

    // What a device has for each of those that it serves and that have work.
    private double Share(ShelfDevice device) => device.Speed / Math.Max(1, _places[device.Key].Count(place => place.QuietSince is null));

    private (ShelfDevice Device, Place? Place)? Best(
        DateTimeOffset now, ShelfDemand demand, double wait, Dictionary<string, double> costs, IReadOnlyList<ShelfDevice> devices)
    {
        var able = devices.Where(device => device.Suits(demand) && !Serves(device, demand.Digest) && (device.Holds.Contains(demand.Digest) || (device.Fetches && demand.IsStored)));
        var choices = able.SelectMany(device => Choices(now, device).Select(choice => (Device: device, choice.Place, choice.Rank)));
        foreach (var (device, place, rank) in choices
            .OrderBy(choice => choice.Rank).ThenByDescending(choice => choice.Device.Holds.Contains(demand.Digest))
            .ThenByDescending(choice => choice.Device.Speed).ThenBy(choice => choice.Device.Key))
        {
            if (rank < Rank.Busy || IsBetterOff(place!, wait, costs, devices, device)) return (device, place);
        }

        return null;
    }

    private IEnumerable<(Place? Place, Rank Rank)> Choices(DateTimeOffset now, ShelfDevice device)
    {
        var places = _places[device.Key];
        if (places.Count < rules.Slots)
        {
            yield return (null, Rank.Free);
            yield break;
        }

        foreach (var place in places.OrderBy(place => place.QuietSince ?? DateTimeOffset.MaxValue).ThenBy(place => place.Since))
        {
            if (place.QuietSince is { } since && now - since >= rules.Quiet) yield return (place, Rank.Quiet);
            else if (place.QuietSince is null && now - place.Since >= rules.Dwell) yield return (place, Rank.Busy);
        }
    }

    // Taking the place must not leave its checkpoint as badly off as the one that gets it; one that nobody serves comes first in any case.
    private bool IsBetterOff(Place place, double wait, Dictionary<string, double> costs, IReadOnlyList<ShelfDevice> devices, ShelfDevice device)
    {
        if (double.IsPositiveInfinity(wait)) return true;
        var rest = devices.Where(other => other.Key != device.Key && Serves(other, place.Digest)).Sum(Share);
        return rest > 0 && costs.GetValueOrDefault(place.Digest) / rest < wait / 2;
    }

    private enum Rank
    {
        Free,
        Quiet,
        Busy,
    }

    private sealed class Place(string digest, DateTimeOffset since)
    {
        public string Digest => digest;

        public DateTimeOffset Since => since;

        public DateTimeOffset? QuietSince { get; set; }
    }
}
