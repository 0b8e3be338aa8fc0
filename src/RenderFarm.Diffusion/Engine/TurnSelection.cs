namespace RenderFarm.Diffusion.Engine;

/// <summary>
/// Chooses who takes part in the next UNet call. It has no clock but the count of its own turns, so the very same class runs in the engine, in
/// property tests and in the simulation that chose its rule (docs/adr/0011-who-runs-next.md).
/// </summary>
/// <remarks>
/// An image that enters before turn <em>n</em> with <em>r</em> evaluations to go is due at <em>n</em> + <see cref="Patience"/> × <em>r</em>. The image
/// due first decides the call's shape (and, where the graph takes one timestep for all rows, its timestep); then everyone that fits joins, in the same
/// order. So a short image overtakes long ones, between any two steps; and nobody starves, whatever its size: after
/// <see cref="Patience"/> × <em>r</em> turns no newcomer can get ahead of it.
/// </remarks>
internal sealed class TurnSelection(TurnLimits limits)
{
    /// <summary>Turns that an image lets pass for each evaluation it needs before newcomers stop overtaking it.</summary>
    public const int Patience = 4;

    private long _turn;

    /// <summary>Gives a newcomer its place in the line.</summary>
    public void Enter(ITurnCandidate image) => image.Due = _turn + ((long)Patience * image.TurnsLeft);

    /// <summary>Fills <paramref name="chosen"/> from <paramref name="line"/>, which it may reorder. Allocates nothing.</summary>
    /// <param name="line">Unfinished images that have entered; those due at the same turn in order of arrival.</param>
    /// <param name="chosen">Receives the images of the next call.</param>
    /// <param name="maxPixels">Most image pixels of the call, all rows together; one image always fits.</param>
    /// <returns>Rows of the call; 0 when nobody is there.</returns>
    public int Choose<T>(List<T> line, List<T> chosen, long maxPixels)
        where T : ITurnCandidate
    {
        chosen.Clear();
        if (line.Count == 0) return 0;
        _turn++;
        SortByDue(line);
        var first = line[0];
        var latent = first.Shape.Latent;
        var maxRows = limits.Counts.Floor(Math.Min(limits.Rows, maxPixels / ((long)latent.Height * latent.Width * limits.PixelsPerCell)), first.Rows);
        var rows = 0;
        foreach (var image in line)
        {
            if (image.Shape != first.Shape || (!limits.TimestepPerRow && image.Timestep != first.Timestep)) continue;
            if (rows > 0 && rows + image.Rows > maxRows) continue;
            chosen.Add(image);
            rows += image.Rows;
            if (chosen.Count == limits.Images || rows >= maxRows) break;
        }

        return rows;
    }

    // Insertion sort: stable, so that equals keep their order of arrival, and the line is sorted already but for its newcomers.
    private static void SortByDue<T>(List<T> line)
        where T : ITurnCandidate
    {
        for (var i = 1; i < line.Count; i++)
        {
            var image = line[i];
            var j = i - 1;
            for (; j >= 0 && line[j].Due > image.Due; j--) line[j + 1] = line[j];
            line[j + 1] = image;
        }
    }
}
