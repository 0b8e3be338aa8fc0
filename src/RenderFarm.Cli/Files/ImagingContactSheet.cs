namespace RenderFarm.Cli.Files;

/// <summary>Draws contact sheets with the Imaging project.</summary>
internal sealed class ImagingContactSheet : IContactSheet
{
    public byte[] Draw(
        string title, IReadOnlyList<string> rowLabels, IReadOnlyList<string> columnLabels, IReadOnlyList<IReadOnlyList<byte[]?>> cells) =>
        throw new NotSupportedException();
}
