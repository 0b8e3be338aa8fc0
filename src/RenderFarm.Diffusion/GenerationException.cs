namespace RenderFarm.Diffusion;

/// <summary>Why an image could not be made.</summary>
public enum GenerationError
{
    /// <summary>The request cannot be rendered by this checkpoint; the message names the member and what is allowed.</summary>
    BadRequest,

    /// <summary>The latent, or the picture decoded from it, became infinite or NaN.</summary>
    NotFinite,

    /// <summary>The device's memory does not hold the image, even with nobody beside it.</summary>
    OutOfMemory,

    /// <summary>The folder of upscalers holds none of the digest that was asked for.</summary>
    UpscalerMissing,

    /// <summary>ONNX Runtime failed for a reason it named.</summary>
    EngineFailed,
}

/// <summary>An image could not be made. Its neighbours are not affected.</summary>
public sealed class GenerationException : Exception
{
    /// <param name="error">Why.</param>
    /// <param name="message">One sentence for people.</param>
    /// <param name="inner">The cause, where there is one.</param>
    public GenerationException(GenerationError error, string message, Exception? inner = null)
        : base(message, inner) => Error = error;

    /// <inheritdoc />
    public GenerationException() : this(GenerationError.EngineFailed, "The image could not be made.")
    {
    }

    /// <inheritdoc />
    public GenerationException(string message) : this(GenerationError.EngineFailed, message)
    {
    }

    /// <inheritdoc />
    public GenerationException(string message, Exception innerException) : this(GenerationError.EngineFailed, message, innerException)
    {
    }

    /// <summary>Why.</summary>
    public GenerationError Error { get; }
}
