using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("RenderFarm.Tests")]
[assembly: InternalsVisibleTo("RenderFarm.IntegrationTests")]
[assembly: InternalsVisibleTo("RenderFarm.Benchmarks")]
