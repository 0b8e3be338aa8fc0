namespace RenderFarm.Testing.Adherence;

/// <summary>A set of pixels of a picture.</summary>
internal sealed class Mask
{
    private readonly bool[] _set;

    public Mask(int width, int height, Func<int, bool> contains)
    {
        (Width, Height) = (width, height);
        _set = [.. Enumerable.Range(0, width * height).Select(contains)];
        Pixels = [.. Enumerable.Range(0, _set.Length).Where(i => _set[i])];
    }

    public int Width { get; }

    public int Height { get; }

    /// <summary>Indices of the pixels in the set, row by row.</summary>
    public IReadOnlyList<int> Pixels { get; }

    public int Area => Pixels.Count;

    public bool Contains(int x, int y) => x >= 0 && y >= 0 && x < Width && y < Height && _set[(y * Width) + x];

    /// <summary>The connected parts (neighbours by side or corner), in the order of their first pixel.</summary>
    public IEnumerable<Mask> Parts()
    {
        bool[] seen = new bool[_set.Length];
        foreach (int start in Pixels)
        {
            if (seen[start])
                continue;
            HashSet<int> part = Flood(start, seen);
            yield return new Mask(Width, Height, part.Contains);
        }
    }

    /// <summary>The pixels whose four neighbours by side are in the set too.</summary>
    public Mask Eroded() => new(Width, Height, i =>
    {
        int x = i % Width, y = i / Width;
        return _set[i] && Contains(x - 1, y) && Contains(x + 1, y) && Contains(x, y - 1) && Contains(x, y + 1);
    });

    /// <summary>The set with its holes: whatever cannot be reached from the edge of the picture from side to side.</summary>
    public Mask Filled()
    {
        bool[] outside = new bool[_set.Length];
        Stack<(int X, int Y)> open = new();
        for (int i = 0; i < _set.Length; i++)
        {
            int x = i % Width, y = i / Width;
            if (x == 0 || y == 0 || x == Width - 1 || y == Height - 1)
                open.Push((x, y));
        }

        while (open.TryPop(out var at))
        {
            if (at.X < 0 || at.Y < 0 || at.X >= Width || at.Y >= Height || outside[(at.Y * Width) + at.X] || Contains(at.X, at.Y))
                continue;
            outside[(at.Y * Width) + at.X] = true;
            open.Push((at.X - 1, at.Y));
            open.Push((at.X + 1, at.Y));
            open.Push((at.X, at.Y - 1));
            open.Push((at.X, at.Y + 1));
        }

        return new Mask(Width, Height, i => !outside[i]);
    }

    private HashSet<int> Flood(int start, bool[] seen)
    {
        HashSet<int> part = [];
        Stack<int> open = new([start]);
        while (open.TryPop(out int i))
        {
            if (seen[i])
                continue;
            seen[i] = true;
            part.Add(i);
            for (int dy = -1; dy <= 1; dy++)
            {
                for (int dx = -1; dx <= 1; dx++)
                {
                    if (Contains((i % Width) + dx, (i / Width) + dy))
                        open.Push(i + (dy * Width) + dx);
                }
            }
        }

        return part;
    }
}
