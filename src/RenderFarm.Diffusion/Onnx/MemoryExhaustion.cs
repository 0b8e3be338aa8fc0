namespace RenderFarm.Diffusion.Onnx;

/// <summary>Tells from the message of an ONNX Runtime error whether memory ran out: the library has no error code for it.</summary>
internal static class MemoryExhaustion
{
    // BFCArena (bfc_arena.cc), operator new, CUDA and its libraries, each in their own words.
    private static readonly string[] Phrases =
    [
        "Failed to allocate memory", "bad_alloc", "bad allocation", "out of memory", "OUT_OF_MEMORY", "ALLOC_FAILED", "memory allocation failed",
    ];

    public static bool IsNamedIn(string message) => Array.Exists(Phrases, phrase => message.Contains(phrase, StringComparison.OrdinalIgnoreCase));
}
