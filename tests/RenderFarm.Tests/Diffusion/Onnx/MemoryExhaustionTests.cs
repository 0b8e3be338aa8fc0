using RenderFarm.Diffusion.Onnx;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Onnx;

public sealed class MemoryExhaustionTests
{
    [Theory]
    [InlineData("[ErrorCode:Fail] Non-zero status code returned while running FusedMatMul node. Status Message: bfc_arena.cc:360 void* "
        + "onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, onnxruntime::Stream*) Failed to allocate memory for requested buffer of size 17592186044416")]
    [InlineData("[ErrorCode:RuntimeException] Non-zero status code returned while running Conv node. Exception: std::bad_alloc")]
    [InlineData("CUDA failure 2: out of memory ; GPU=0")]
    [InlineData("CUDNN failure 4: CUDNN_STATUS_ALLOC_FAILED ; GPU=0")]
    public void Errors_of_memory_are_told_by_their_words(string message) => Assert.True(MemoryExhaustion.IsNamedIn(message));

    [Theory]
    [InlineData("[ErrorCode:InvalidArgument] Got invalid dimensions for input: sample")]
    [InlineData("Exiting due to terminate flag being set to true.")]
    public void Other_errors_are_not_taken_for_it(string message) => Assert.False(MemoryExhaustion.IsNamedIn(message));
}
