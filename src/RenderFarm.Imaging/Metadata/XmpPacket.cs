using System.IO.Compression;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace RenderFarm.Imaging.Metadata;

/// <summary>Recipe and profile as an XMP packet (ISO 16684-1) with a namespace of our own.</summary>
/// <remarks>
/// A text that XML cannot hold, or that would outgrow a JPEG segment, is written as <c>rf:recipe-br</c>: Brotli, then base64. It reads back
/// exactly either way.
/// </remarks>
internal static class XmpPacket
{
    // A JPEG segment holds 65,533 bytes, the XMP signature takes 29 of them.
    private const int MaxPlainBytes = 60_000;
    private const string CompressedSuffix = "-br";

    private static readonly XNamespace s_farm = "urn:renderfarm:xmp:1.0:";
    private static readonly XNamespace s_rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
    private static readonly XNamespace s_meta = "adobe:ns:meta/";

    /// <returns>The packet in UTF-8, or null when there is nothing to say.</returns>
    public static byte[]? Write(ImageTexts texts)
    {
        if (texts.Recipe is null && texts.Profile is null)
            return null;
        byte[] plain = Write(texts, compress: false);
        return plain.Length <= MaxPlainBytes ? plain : Write(texts, compress: true);
    }

    /// <returns><paramref name="texts"/> with the recipe and profile of the packet, where it has them.</returns>
    /// <exception cref="ImageFormatException">The packet claims to be ours and cannot be read.</exception>
    public static ImageTexts Read(ReadOnlySpan<byte> packet, ImageTexts texts)
    {
        XmlReaderSettings settings = new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = LimitedInflate.MaxBytes };
        try
        {
            using XmlReader reader = XmlReader.Create(new MemoryStream(packet.ToArray()), settings);
            XElement root = XElement.Load(reader, LoadOptions.PreserveWhitespace);
            return texts with { Recipe = Find(root, "recipe") ?? texts.Recipe, Profile = Find(root, "profile") ?? texts.Profile };
        }
        catch (Exception e) when (e is XmlException or FormatException)
        {
            throw new ImageFormatException("The XMP packet of the picture is damaged.", e);
        }
    }

    private static byte[] Write(ImageTexts texts, bool compress)
    {
        XElement description = new(
            s_rdf + "Description",
            new XAttribute(s_rdf + "about", ""),
            new XAttribute(XNamespace.Xmlns + "rf", s_farm.NamespaceName),
            Element("recipe", texts.Recipe, compress),
            Element("profile", texts.Profile, compress));
        XElement packet = new(
            s_meta + "xmpmeta",
            new XAttribute(XNamespace.Xmlns + "x", s_meta.NamespaceName),
            new XElement(s_rdf + "RDF", new XAttribute(XNamespace.Xmlns + "rdf", s_rdf.NamespaceName), description));

        // Entitize keeps carriage returns, which XML would otherwise fold into line feeds.
        XmlWriterSettings settings = new() { OmitXmlDeclaration = true, Encoding = new UTF8Encoding(false), NewLineHandling = NewLineHandling.Entitize };
        using MemoryStream output = new();
        using (XmlWriter writer = XmlWriter.Create(output, settings))
            packet.WriteTo(writer);
        return [.. "<?xpacket begin=\"\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>"u8, .. output.ToArray(), .. "<?xpacket end=\"r\"?>"u8];
    }

    private static XElement? Element(string name, string? text, bool compress)
    {
        if (text is null)
            return null;
        if (!compress && IsXml(text))
            return new XElement(s_farm + name, text);
        using MemoryStream packed = new();
        using (BrotliStream brotli = new(packed, CompressionLevel.Optimal))
            brotli.Write(Encoding.UTF8.GetBytes(text));
        return new XElement(s_farm + (name + CompressedSuffix), Convert.ToBase64String(packed.ToArray()));
    }

    private static bool IsXml(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (XmlConvert.IsXmlChar(text[i]))
                continue;
            if (i + 1 == text.Length || !XmlConvert.IsXmlSurrogatePair(text[i + 1], text[i]))
                return false;
            i++;
        }

        return true;
    }

    private static string? Find(XElement root, string name)
    {
        if (root.Descendants(s_farm + name).FirstOrDefault() is { } plain)
            return plain.Value;
        if (root.Descendants(s_farm + (name + CompressedSuffix)).FirstOrDefault() is not { } packed)
            return null;
        using BrotliStream brotli = new(new MemoryStream(Convert.FromBase64String(packed.Value)), CompressionMode.Decompress);
        return Encoding.UTF8.GetString(LimitedInflate.ReadAll(brotli));
    }
}
