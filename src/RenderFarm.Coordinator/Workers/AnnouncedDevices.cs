using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Workers;
using RenderFarm.Coordinator.Persistence;

namespace RenderFarm.Coordinator.Workers;

/// <summary>What workers announce of their devices, in the record.</summary>
internal static class AnnouncedDevices
{
    /// <summary>
    /// Whether the record has all that an announcement says of devices. A coordinator of the version before writes a device's row alone, so that both are looked at.
    /// </summary>
    public static async Task<bool> AreKnownAsync(FarmDbContext db, WorkerAnnounced message, CancellationToken cancellation)
    {
        var known = await db.Devices.Where(device => device.Worker == message.Worker).ToDictionaryAsync(device => device.Device, cancellation);
        var said = await db.DeviceCapabilities.Where(row => row.Worker == message.Worker).ToDictionaryAsync(row => row.Device, row => row.Capabilities, cancellation);
        return known.Count == message.Capabilities.Devices.Count && said.Count == known.Count && message.Capabilities.Devices.All(announced =>
            known.TryGetValue(announced.Device, out var device) && Says(device, announced) && said.GetValueOrDefault(announced.Device) == Write(announced));
    }

    /// <summary>Takes in an announcement, within its transaction: devices that it does not name are gone. Rows that it says nothing new of are not written.</summary>
    public static async Task UpsertAsync(FarmDbContext db, WorkerAnnounced message, CancellationToken cancellation)
    {
        var known = await db.Devices.Where(device => device.Worker == message.Worker).ToDictionaryAsync(device => device.Device, cancellation);
        var said = await db.DeviceCapabilities.Where(row => row.Worker == message.Worker).ToDictionaryAsync(row => row.Device, cancellation);
        foreach (var announced in message.Capabilities.Devices.DistinctBy(device => device.Device))
        {
            if (!known.Remove(announced.Device, out var device)) db.Devices.Add(device = New(message.Worker, announced));
            Apply(device, announced);
            var capabilities = Write(announced);
            if (said.Remove(announced.Device, out var row)) row.Capabilities = capabilities;
            else db.DeviceCapabilities.Add(new AnnouncedDevice { Worker = message.Worker, Device = announced.Device, Capabilities = capabilities });
        }

        db.Devices.RemoveRange(known.Values);
        db.DeviceCapabilities.RemoveRange(said.Values);
    }

    /// <summary>What dispatch goes by.</summary>
    public static void Apply(FarmDevice device, DeviceCapabilities announced)
    {
        // Another profile is another machine: what was measured says nothing about it.
        if (device.Profile != announced.Profile) device.MeasuredSpeed = null;
        (device.Slots, device.Profile, device.AnnouncedSpeed) = (announced.Slots, announced.Profile, Speed(announced));
        (device.PixelsPerImage, device.Determinism) = (announced.PixelsPerImage, announced.Determinism);
    }

    /// <summary>The column's JSON.</summary>
    public static string Write(DeviceCapabilities announced) => JsonSerializer.Serialize(announced, FarmJson.Options);

    /// <summary>What the column holds.</summary>
    public static DeviceCapabilities Read(string column) => JsonSerializer.Deserialize<DeviceCapabilities>(column, FarmJson.Tolerant)!;

    private static bool Says(FarmDevice device, DeviceCapabilities announced) =>
        (device.Slots, device.Profile, device.AnnouncedSpeed, device.PixelsPerImage, device.Determinism)
        == (announced.Slots, announced.Profile, Speed(announced), announced.PixelsPerImage, announced.Determinism);

    private static FarmDevice New(string worker, DeviceCapabilities announced) => new()
    {
        Worker = worker,
        Device = announced.Device,
        Slots = announced.Slots,
        Profile = announced.Profile,
        AnnouncedSpeed = Speed(announced),
    };

    // A worker that cannot tell its speed is slow until its first image is measured.
    private static double Speed(DeviceCapabilities device) => double.IsFinite(device.PixelStepsPerSecond) ? device.PixelStepsPerSecond : 0;
}
