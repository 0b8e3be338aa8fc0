using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace RenderFarm.Coordinator.Persistence;

/// <summary>Lets <c>dotnet ef migrations add</c> see the shape of the record without starting a farm.</summary>
internal sealed class DesignTimeContext : IDesignTimeDbContextFactory<FarmDbContext>
{
    public FarmDbContext CreateDbContext(string[] args)
    {
        var options = new DbContextOptionsBuilder<FarmDbContext>().UseSqlite("Data Source=design-time.db");
        return new FarmDbContext(options.Options);
    }
}
