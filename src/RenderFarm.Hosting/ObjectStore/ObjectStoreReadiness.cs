using RenderFarm.Hosting.Health;

namespace RenderFarm.Hosting.ObjectStore;

/// <summary>Asks the store for an object that is never there: its answer says that the store can be reached and accepts the farm's key.</summary>
internal sealed class ObjectStoreReadiness(IObjectStore store) : IReadiness
{
    private static readonly ObjectKey Nothing = new("readiness/none");

    public string Name => "The object store";

    public async Task<string?> WhatIsAwayAsync(CancellationToken cancellation)
    {
        try
        {
            await store.SizeAsync(Nothing, cancellation);
            return null;
        }
        catch (ObjectStoreException error)
        {
            return error.Message;
        }
    }
}
