using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Diffusion.Onnx;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Onnx;

public sealed class OnnxGraphTests
{
    [Theory]
    [InlineData("[ErrorCode:Fail] bfc_arena.cc:360 AllocateRawInternal Failed to allocate memory for requested buffer of size 4503599627370496", true)]
    [InlineData("[ErrorCode:RuntimeException] CUDA failure 2: out of memory ; GPU=0", true)]
    [InlineData("[ErrorCode:RuntimeException] std::bad_alloc", true)]
    [InlineData("[ErrorCode:InvalidProtobuf] Load model from unet/model.onnx failed:Protobuf parsing failed.", false)]
    public void File_for_which_there_is_no_memory_is_told_apart_from_a_damaged_one(string words, bool isMemory)
    {
        var error = OnnxGraph.WhyNotLoaded("unet/model.onnx", new InvalidOperationException(words));
        Assert.Equal(isMemory, error is InsufficientMemoryException);
        Assert.Equal(!isMemory, error is CheckpointException);
        Assert.Contains("unet/model.onnx", error.Message, StringComparison.Ordinal);
    }
}
