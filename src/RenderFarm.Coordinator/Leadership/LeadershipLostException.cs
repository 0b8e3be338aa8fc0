namespace RenderFarm.Coordinator.Leadership;

/// <summary>A write was refused because its epoch does not lead any more. Nothing was changed; the leader of now does the work.</summary>
internal sealed class LeadershipLostException : Exception
{
    public LeadershipLostException(string message, Exception? inner) : base(message, inner)
    {
    }

    public LeadershipLostException(string message) : this(message, null)
    {
    }

    public LeadershipLostException() : this("The leadership was lost.")
    {
    }
}
