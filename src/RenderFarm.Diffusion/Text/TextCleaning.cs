namespace RenderFarm.Diffusion.Text;

/// <summary>What happens to a prompt before it is cut into words.</summary>
public enum TextCleaning
{
    /// <summary>
    /// As OpenAI's CLIP did in training: ftfy 6.1.1, HTML entities, white space, lower case. Transformers' CLIPTokenizer gives the same ids
    /// where ftfy is installed, except for entities that ftfy leaves alone. The default.
    /// </summary>
    Ftfy,

    /// <summary>
    /// As Transformers' CLIPTokenizer does where ftfy is not installed (its BasicTokenizer): control characters out, spaces around Chinese
    /// characters, NFC, lower case. Curly quotes, entities and mojibake stay as they are.
    /// </summary>
    Basic,
}
