using System.Text;
using RenderFarm.Diffusion.Checkpoints;

namespace RenderFarm.Diffusion.Onnx.Weights;

/// <summary>
/// Looks at which files a graph keeps its weights in, before ONNX Runtime opens any: a graph from a stranger could name a file of ours, by a path
/// that leaves its folder or through a link, and have it read as weights. Reads the protobuf structure only and skips every payload.
/// </summary>
/// <remarks>
/// Field numbers from onnx.proto (IR version 10). Limitations: what is checked here is opened by its path a moment later, so a folder that strangers can
/// still write to is not made safe by it; where a system cannot count hard links (<see cref="HardLinks"/>), they are not refused.
/// </remarks>
internal sealed class ExternalWeights
{
    private const int MaxDepth = 64;
    private const int MaxTextBytes = 65_536;
    private readonly string _file;
    private readonly FileStream _stream;
    private readonly bool _allowHardLinks;
    private readonly bool _isAlone;

    private ExternalWeights(string file, FileStream stream, bool allowHardLinks, bool isAlone)
    {
        _file = file;
        _stream = stream;
        _allowHardLinks = allowHardLinks;
        _isAlone = isAlone;
    }

    /// <summary>Checks the graph's file and every external file that it names.</summary>
    /// <param name="file">Path of the graph.</param>
    /// <param name="allowHardLinks">Whether these files may have other names elsewhere: for stores that share equal files by hard links.</param>
    /// <param name="isAlone">Whether it may name none, because its own bytes must be all of it.</param>
    /// <exception cref="CheckpointException">One is not a plain file beside the graph, or the graph is not an ONNX file at all.</exception>
    public static void Check(string file, bool allowHardLinks = false, bool isAlone = false)
    {
        if (!allowHardLinks) RequireOneName(file);
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 65_536);
        try
        {
            new ExternalWeights(file, stream, allowHardLinks, isAlone).Walk(Message.Model, stream.Length, depth: 0);
        }
        catch (InvalidDataException error)
        {
            throw new CheckpointException(file, "it is not an ONNX file, or only a part of one", error);
        }
    }

    private void Walk(Message message, long end, int depth)
    {
        if (depth > MaxDepth) throw new InvalidDataException("Nested too deep.");
        string? key = null, value = null;
        foreach (var field in ProtobufFields.Read(_stream, end).Where(field => field.IsNested))
        {
            if (message == Message.Entry && field.Number == 1) key = ReadText(field);
            else if (message == Message.Entry && field.Number == 2) value = ReadText(field);
            else if (Child(message, field.Number) is { } child) Walk(child, field.End, depth + 1);
        }

        // Only now: a writer may put the value before its key.
        if (key == "location") CheckLocation(value ?? "");
    }

    private string ReadText(ProtobufField field) => field.End - field.Start <= MaxTextBytes
        ? Encoding.UTF8.GetString(field.ReadFrom(_stream))
        : throw new InvalidDataException("A text is too long.");

    /// <summary>The messages on the way to a tensor's external data; everything else is skipped.</summary>
    private static Message? Child(Message message, int field) => (message, field) switch
    {
        (Message.Model, 7) => Message.Graph,
        (Message.Model, 25) => Message.Function,
        (Message.Function, 7) or (Message.Graph, 1) => Message.Node,
        (Message.Graph, 5) => Message.Tensor,
        (Message.Graph, 15) => Message.SparseTensor,
        (Message.SparseTensor, 1 or 2) => Message.Tensor,
        (Message.Node, 5) or (Message.Function, 11) => Message.Attribute,
        (Message.Attribute, 5 or 10) => Message.Tensor,
        (Message.Attribute, 6 or 11) => Message.Graph,
        (Message.Attribute, 22 or 23) => Message.SparseTensor,
        (Message.Tensor, 13) => Message.Entry,
        _ => null,
    };

    private void CheckLocation(string location)
    {
        if (_isAlone) throw new CheckpointException(_file, $"it keeps weights in '{Shorten(location)}'; all of it must be in one file");
        if (location.Length == 0 || location is "." or ".." || location.AsSpan().IndexOfAny("/\\:\0") >= 0)
            throw new CheckpointException(_file, $"it keeps weights in '{Shorten(location)}'; only a file beside it, by its plain name, is read");

        var weights = new FileInfo(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(_file))!, location));
        if (weights.LinkTarget is not null) throw new CheckpointException(weights.FullName, "it is a link; weights must be a file of their own");
        if (!weights.Exists) throw new CheckpointException(weights.FullName, "the file is missing");
        if (!_allowHardLinks) RequireOneName(weights.FullName);
    }

    private static void RequireOneName(string file)
    {
        if (HardLinks.Count(file) is { } names and not 1)
            throw new CheckpointException(file, $"it has {names} names (hard links), so it may be somebody else's file; copy it, or allow hard links");
    }

    private static string Shorten(string text) => text.Length <= 80 ? text : text[..80] + "…";

    private enum Message
    {
        Model,
        Graph,
        Function,
        Node,
        Attribute,
        Tensor,
        SparseTensor,
        Entry,
    }
}
