namespace RenderFarm.Diffusion.Checkpoints;

/// <summary>What a checkpoint that was distilled to a few steps renders with, where its own configuration shows that it was.</summary>
/// <remarks>
/// Latent consistency (Luo et al. 2023): its scheduler is <c>LCMScheduler</c>, and a UNet with <c>time_cond_proj_dim</c> takes the guidance scale as an input
/// (diffusers' pipeline: 4 steps, 8.5); without it, guidance is off. Turbo (Sauer et al. 2023, arXiv:2311.17042): an Euler scheduler with trailing spacing,
/// which nobody ships otherwise but for zero terminal SNR (diffusers' <c>docs/source/en/api/pipelines/stable_diffusion/sdxl_turbo.md</c>: 1 to 4 steps,
/// guidance 0). Names of checkpoints are not looked at; a manifest overrides everything.
/// </remarks>
/// <param name="Steps">Step count.</param>
/// <param name="GuidanceScale">Guidance scale.</param>
internal sealed record Distillation(int Steps, double GuidanceScale)
{
    private const int FewSteps = 4;

    /// <summary>What the configuration shows; null for a checkpoint like any other.</summary>
    public static Distillation? Of(JsonFile scheduler, JsonFile? unet)
    {
        var embedsGuidance = unet?.Integer("time_cond_proj_dim") is not null;
        return scheduler.Text("_class_name") switch
        {
            "LCMScheduler" => new Distillation(FewSteps, embedsGuidance ? 8.5 : 1),
            "EulerDiscreteScheduler" or "EulerAncestralDiscreteScheduler"
                when scheduler.Text("timestep_spacing") == "trailing" && scheduler.Flag("rescale_betas_zero_snr") != true => new Distillation(FewSteps, 0),
            _ => null,
        };
    }
}
