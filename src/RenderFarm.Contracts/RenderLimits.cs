namespace RenderFarm.Contracts;

/// <summary>The ranges that the API, the command line and the worker all obey.</summary>
public static class RenderLimits
{
    /// <summary>Prompts of one job.</summary>
    public const int MaxPrompts = 1_000;

    /// <summary>Characters (UTF-16 code units) of one prompt or negative prompt.</summary>
    public const int MaxPromptLength = 10_000;

    /// <summary>Smallest width and height in pixels.</summary>
    public const int MinSide = 16;

    /// <summary>Largest width and height in pixels.</summary>
    public const int MaxSide = 2_048;

    /// <summary>Width and height are multiples of this; a checkpoint may ask for more.</summary>
    public const int SideMultiple = 8;

    /// <summary>Fewest steps.</summary>
    public const int MinSteps = 1;

    /// <summary>Most steps.</summary>
    public const int MaxSteps = 1_000;

    /// <summary>Smallest guidance scale; up to 1 guidance is off.</summary>
    public const double MinGuidanceScale = 0;

    /// <summary>Largest guidance scale.</summary>
    public const double MaxGuidanceScale = 50;

    /// <summary>Deepest layer of the text encoder to ask for, counted from its end; a checkpoint may offer fewer.</summary>
    public const int MaxClipSkip = 12;

    /// <summary>Images of one cell of a sweep.</summary>
    public const int MaxImagesPerCell = 1_000_000;

    /// <summary>Images of one job, all cells together.</summary>
    public const int MaxImagesPerJob = 1_000_000;

    /// <summary>Values of one swept setting.</summary>
    public const int MaxSweepValues = 1_000;

    /// <summary>Characters of a job's label.</summary>
    public const int MaxLabelLength = 200;

    /// <summary>Characters of an idempotency key.</summary>
    public const int MaxIdempotencyKeyLength = 200;

    /// <summary>Bytes of one request body that is JSON.</summary>
    public const int MaxRequestBytes = 16 * 1024 * 1024;

    /// <summary>Bytes of one picture that is sent in.</summary>
    public const int MaxInputBytes = 20 * 1024 * 1024;

    /// <summary>Pixels (width × height) of one picture that is sent in: as many as the largest image has.</summary>
    public const int MaxInputPixels = MaxSide * MaxSide;

    /// <summary>Largest standard deviation in pixels of the blur that softens a mask's edge.</summary>
    public const int MaxMaskBlur = 64;

    /// <summary>Most pixels around a mask that are worked on with it.</summary>
    public const int MaxInpaintPadding = 512;

    /// <summary>Highest noise level at which an upscaling checkpoint was trained to see a picture.</summary>
    public const int MaxUpscaleNoiseLevel = 350;

    /// <summary>Smallest scale of a second pass; 1 is none.</summary>
    public const double MinHiresScale = 1;

    /// <summary>Largest scale of a second pass.</summary>
    public const double MaxHiresScale = 4;
}
