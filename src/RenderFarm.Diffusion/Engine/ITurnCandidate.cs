namespace RenderFarm.Diffusion.Engine;

/// <summary>What <see cref="TurnSelection"/> needs to know of an image: implemented by the engine's images and by those of a simulation.</summary>
internal interface ITurnCandidate
{
    /// <summary>Only images of one shape share a call.</summary>
    CallShape Shape { get; }

    /// <summary>Rows of a call that it takes: two under guidance, else one.</summary>
    int Rows { get; }

    /// <summary>UNet evaluations it still needs.</summary>
    int TurnsLeft { get; }

    /// <summary>Timestep of its next turn.</summary>
    float Timestep { get; }

    /// <summary>Its place in the line: who has the smallest goes first. Set by <see cref="TurnSelection.Enter"/>, on the scale of turns.</summary>
    long Due { get; set; }
}
