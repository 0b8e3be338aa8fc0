namespace RenderFarm.Diffusion.Checkpoints;

/// <summary>Which line of networks a checkpoint belongs to, as its graphs' inputs tell.</summary>
public enum CheckpointFamily
{
    /// <summary>Stable Diffusion 1: one text encoder, of any width but 1,024.</summary>
    StableDiffusion1,

    /// <summary>Stable Diffusion 2: one text encoder of width 1,024.</summary>
    StableDiffusion2,

    /// <summary>Stable Diffusion XL: the UNet takes a pooled embedding and six time ids.</summary>
    StableDiffusionXL,

    /// <summary>The refiner of Stable Diffusion XL: five time ids, among them an aesthetic score.</summary>
    StableDiffusionXLRefiner,
}

/// <summary>What a checkpoint's UNet was made for, as its channels tell.</summary>
public enum CheckpointPurpose
{
    /// <summary>The UNet takes the latent alone.</summary>
    TextToImage,

    /// <summary>The UNet takes a mask and the masked picture beside the latent (nine channels).</summary>
    Inpainting,

    /// <summary>The UNet takes a small picture beside the latent, and the noise level it is under (seven channels).</summary>
    Upscaling,
}

/// <summary>Which exporter's habits a checkpoint's graphs follow.</summary>
public enum GraphLayout
{
    /// <summary>diffusers' own conversion script: ids of int32, one timestep a row.</summary>
    DiffusersLegacy,

    /// <summary>Optimum: ids of int64, as a rule one timestep for all rows.</summary>
    Optimum,

    /// <summary>Olive: half precision inputs and outputs, or a left-over input <c>return_dict</c>.</summary>
    Olive,

    /// <summary>The CUDA demo of ONNX Runtime: <c>text_embeddings</c>, <c>latent</c>, <c>images</c>.</summary>
    OnnxRuntimeDemo,
}
