namespace RenderFarm.Imaging;

/// <summary>A file that was offered as a picture is none that we read: the message is a sentence that can be shown to whoever sent it.</summary>
public sealed class ImageFormatException : Exception
{
    /// <summary>An exception without a reason; prefer to give one.</summary>
    public ImageFormatException()
        : this("The file is not a picture that can be read.")
    {
    }

    /// <summary>An exception with its reason.</summary>
    /// <param name="message">What is wrong with the file, as a sentence.</param>
    public ImageFormatException(string message)
        : base(message)
    {
    }

    /// <summary>An exception with its reason and what led to it.</summary>
    /// <param name="message">What is wrong with the file, as a sentence.</param>
    /// <param name="innerException">The error of the decoder.</param>
    public ImageFormatException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>What the sender calls the file, for example <c>initial_image</c>; null where nobody said. The message begins with it.</summary>
    public string? Field { get; private init; }

    /// <summary>The same refusal, with the name of the field.</summary>
    internal static ImageFormatException Of(string field, ImageFormatException refused) => new($"{field}: {refused.Message}", refused) { Field = field };
}
