namespace RenderFarm.Worker.Devices;

/// <summary>The devices that options name.</summary>
internal static class DeviceNames
{
    /// <summary>Each device as the engine calls it, with its name within the worker: part of its queue's name, so without colon or dot.</summary>
    /// <exception cref="NotSupportedException">A device is named twice.</exception>
    public static IReadOnlyList<(string Name, string Setting)> Of(WorkerOptions options)
    {
        // One device keeps the name that its queue has always had, whichever it is: its profile says that.
        if (options.Devices is null) return [(WorkerIdentity.Device, options.Device)];
        string[] settings = options.Devices == "auto" ? [.. Diffusion.ExecutionEnvironment.AllDevices()] : options.Devices.Split(',');
        if (settings.GroupBy(Name).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new NotSupportedException($"Worker:Devices is '{options.Devices}', which names {twice.Key} twice; allowed is each device once.");
        // Which of the machine's sockets a CPU device gets is the operating system's affair: the engine has one CPU.
        return [.. settings.Select(setting => (Name(setting), setting.StartsWith("cpu", StringComparison.Ordinal) ? "cpu" : setting))];
    }

    private static string Name(string setting) => setting == "cuda" ? "cuda0" : setting.Replace(":", "", StringComparison.Ordinal);
}
