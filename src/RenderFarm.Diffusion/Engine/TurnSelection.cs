namespace RenderFarm.Diffusion.Engine;

/// <summary>
/// Chooses who takes part in the next UNet call. Pure, so that it can be simulated: it sees slots and limits, and no clock.
/// </summary>
/// <remarks>
/// The image that has waited longest decides the call's shape (and, where the graph takes one timestep for all rows, its timestep); then every image
/// that fits joins, longest waiting first, until a limit is reached. So an image waits at most one round of the others, whatever their sizes.
/// </remarks>
internal sealed class TurnSelection(int maxRows, int maxPixelsPerCall, int pixelsPerCell, bool timestepPerRow)
{
    private static readonly Comparison<Slot> LongestWaitingFirst = (a, b) => a.LastTurn.CompareTo(b.LastTurn);

    /// <summary>Fills <paramref name="chosen"/> from <paramref name="active"/>, which it may reorder. Allocates nothing.</summary>
    /// <returns>Rows of the call.</returns>
    public int Choose(List<Slot> active, List<Slot> chosen)
    {
        chosen.Clear();
        if (active.Count == 0) return 0;
        SortByWaiting(active);
        var first = active[0];
        var pixelsPerRow = (long)first.Shape.Height * first.Shape.Width * pixelsPerCell;
        var limit = (int)Math.Min(maxRows, Math.Max(first.Rows, maxPixelsPerCall / pixelsPerRow));
        var rows = 0;
        foreach (var slot in active)
        {
            if (slot.Shape != first.Shape || slot.Tokens != first.Tokens || (!timestepPerRow && slot.Timestep != first.Timestep)) continue;
            if (rows > 0 && rows + slot.Rows > limit) continue;
            chosen.Add(slot);
            rows += slot.Rows;
        }

        return rows;
    }

    // Insertion sort: stable, so that equals keep their order of arrival, and the list is nearly sorted every time.
    private static void SortByWaiting(List<Slot> slots)
    {
        for (var i = 1; i < slots.Count; i++)
        {
            var slot = slots[i];
            var j = i - 1;
            for (; j >= 0 && LongestWaitingFirst(slots[j], slot) > 0; j--) slots[j + 1] = slots[j];
            slots[j + 1] = slot;
        }
    }
}
