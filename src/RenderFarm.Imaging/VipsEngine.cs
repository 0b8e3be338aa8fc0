using NetVips;

namespace RenderFarm.Imaging;

/// <summary>Starts libvips once a process, in the one way that this library relies on.</summary>
internal static class VipsEngine
{
    private static readonly Lazy<bool> s_started = new(Start);

    // Whatever makes a picture unusable also throws; printed as well, it would let strangers write to our standard error.
    // Held in a field because native code calls it for as long as the process lives.
    private static readonly Log.LogDelegate s_silence = (_, _, _) => { };

    /// <summary>To be called before anything else touches NetVips.</summary>
    public static void EnsureStarted() => _ = s_started.Value;

    private static bool Start()
    {
        // Pictures are small and every slot of a worker encodes its own: threads inside one encode would only fight for cores.
        NetVips.NetVips.Concurrency = 1;
        // The cache keys operations by pointer and holds on to buffers; nothing here is ever asked for twice.
        Cache.Max = 0;
        // An allow-list: SVG, PDF, ImageMagick and the rest stay shut for files that strangers send.
        Operation.Block("VipsForeignLoad", true);
        Operation.Block("VipsForeignLoadPng", false);
        Operation.Block("VipsForeignLoadJpeg", false);
        Operation.Block("VipsForeignLoadWebp", false);
        Log.SetLogHandler("VIPS", Enums.LogLevelFlags.Warning, s_silence);
        return true;
    }
}
