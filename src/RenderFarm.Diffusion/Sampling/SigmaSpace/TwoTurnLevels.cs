namespace RenderFarm.Diffusion.Sampling;

/// <summary>Turns of samplers that evaluate twice a step but once in the last: 2N−1 of them, beginning a step at every even turn.</summary>
internal static class TwoTurnLevels
{
    /// <summary>Lays values of the N step beginnings and of the N−1 second evaluations out by turn.</summary>
    public static T[] Interleave<T>(T[] beginnings, T[] seconds)
    {
        var turns = new T[(2 * beginnings.Length) - 1];
        for (var turn = 0; turn < turns.Length; turn++) turns[turn] = turn % 2 == 0 ? beginnings[turn / 2] : seconds[turn / 2];
        return turns;
    }
}
