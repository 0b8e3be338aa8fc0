using Microsoft.AspNetCore.Http;
using RenderFarm.Contracts.Api;
using RenderFarm.Coordinator.Api;
using RenderFarm.Imaging;

namespace RenderFarm.Coordinator.Inputs;

/// <summary><c>POST /v1/inputs</c>: takes a picture for jobs to name. Checked, and written again by our encoder; nothing is stored of one that fails.</summary>
internal sealed class UploadInput(InputStore inputs)
{
    /// <summary>Answers 201 with the digest, the first time and every other.</summary>
    public async Task<IResult> HandleAsync(HttpContext http)
    {
        var body = await PictureBody.ReadAsync(http.Request);
        if (body.Problem is not null) return body.Problem;
        try
        {
            var view = await inputs.PutAsync(await inputs.ReadAsync(body.File, http.RequestAborted), http.RequestAborted);
            return Results.Json(view, FarmJson.Options, statusCode: StatusCodes.Status201Created).WithLocation($"/v1/inputs/{view.Digest}");
        }
        catch (ImageFormatException error)
        {
            return Problems.NotUsable(new FieldError(body.Field, null, $"{error.Message} {InputFaults.Allowed}"));
        }
    }
}
