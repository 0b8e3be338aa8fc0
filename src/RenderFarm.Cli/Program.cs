using RenderFarm.Cli;
using RenderFarm.Cli.Commands;

using var stop = new StopSignals();
return await RenderFarmCommand.RunAsync(args, CliEnvironment.OfProgram(), stop.Token);
