using System.Text;

namespace RenderFarm.Testing.Services;

/// <summary>
/// Cuts one database connection through a <see cref="FaultProxy"/> at one COMMIT, that of the transaction which carries a text: just before the server has it, or
/// when it is done and only its answer is missing. Those are the two moments in which a client cannot know which it was.
/// </summary>
/// <remarks>Looks for text and COMMIT within single pieces, which short statements are.</remarks>
/// <param name="text">A text that nothing else carries, such as the key of one image.</param>
/// <param name="isAnswerLost">Whether the server commits.</param>
public sealed class AimedCut(string text, bool isAnswerLost)
{
    private readonly byte[] _text = Encoding.UTF8.GetBytes(text);
    private readonly TaskCompletionSource _struck = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private object? _aimedAt;

    /// <summary>Completes when the cut was made; there is only one.</summary>
    public Task Struck => _struck.Task;

    /// <summary>Whether a connection is to be cut now, instead of passing a piece on.</summary>
    internal bool Strikes(object connection, bool toServer, ReadOnlySpan<byte> piece)
    {
        lock (_gate)
        {
            if (_struck.Task.IsCompleted) return false;
            if (toServer && piece.IndexOf(_text) >= 0) _aimedAt = connection;
            return _aimedAt == connection && toServer != isAnswerLost && piece.IndexOf("COMMIT"u8) >= 0 && _struck.TrySetResult();
        }
    }
}
