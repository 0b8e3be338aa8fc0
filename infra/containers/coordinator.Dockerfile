# The coordinator. Build from the root of the repository:
#   docker build --file infra/containers/coordinator.Dockerfile --tag renderfarm/coordinator:0.1.0 .
# Runs as uid 1654 on a read-only root file system; /tmp must be writable (tmpfs or emptyDir). Port 8080.

ARG SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0.401-noble
ARG RUNTIME_IMAGE=mcr.microsoft.com/dotnet/aspnet:10.0.13-noble-chiseled

FROM ${SDK_IMAGE} AS build
WORKDIR /source
COPY global.json Directory.Build.props Directory.Packages.props BannedSymbols.txt .editorconfig ./
COPY src ./src
RUN dotnet restore src/RenderFarm.Coordinator --locked-mode
RUN dotnet publish src/RenderFarm.Coordinator --no-restore --configuration Release --output /app \
    && find /app/runtimes -mindepth 1 -maxdepth 1 -not -name 'linux-*' -not -name unix -exec rm -rf {} +
COPY LICENSE /app/

# Chiseled: no shell and no package installer, so the program is its own health check.
FROM ${RUNTIME_IMAGE}
WORKDIR /app
COPY --from=build /app ./
ENV ASPNETCORE_HTTP_PORTS=8080 \
    RENDERFARM_SECRETS=/run/secrets \
    HOME=/tmp \
    XDG_CACHE_HOME=/tmp
USER 1654:1654
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["dotnet", "RenderFarm.Coordinator.dll", "--health", "http://127.0.0.1:8080/health/accepting"]
ENTRYPOINT ["dotnet", "RenderFarm.Coordinator.dll"]
