# The worker, in two flavours. Build from the root of the repository:
#   docker build --file infra/containers/worker.Dockerfile --target cpu --tag renderfarm/worker:0.1.0 .
#   docker build --file infra/containers/worker.Dockerfile --target gpu --build-arg ONNX_RUNTIME_FLAVOR=Gpu --tag renderfarm/worker:0.1.0-gpu .
# Runs as uid 1654 on a read-only root file system; /tmp and /cache must be writable. Port 8081 serves health and metrics.

ARG SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0.401-noble
ARG ASPNET_IMAGE=mcr.microsoft.com/dotnet/aspnet:10.0.13-noble
ARG CPU_IMAGE=mcr.microsoft.com/dotnet/aspnet:10.0.13-noble-chiseled
# CUDA major version and cuDNN 9 must be those that Microsoft.ML.OnnxRuntime.Gpu was built for: see its release notes when the package moves.
ARG CUDA_IMAGE=nvidia/cuda:13.0.1-cudnn-runtime-ubuntu24.04

FROM ${SDK_IMAGE} AS build
ARG ONNX_RUNTIME_FLAVOR=Cpu
WORKDIR /source
COPY global.json Directory.Build.props Directory.Packages.props BannedSymbols.txt .editorconfig ./
COPY src ./src
COPY infra/demo-checkpoint/onnx ./infra/demo-checkpoint/onnx
# The lock files describe the Cpu flavour alone.
RUN if [ "$ONNX_RUNTIME_FLAVOR" = Cpu ]; then locked=--locked-mode; fi \
    && dotnet restore src/RenderFarm.Worker ${locked:-} -p:OnnxRuntimeFlavor="$ONNX_RUNTIME_FLAVOR"
RUN dotnet publish src/RenderFarm.Worker --no-restore --configuration Release --output /app -p:OnnxRuntimeFlavor="$ONNX_RUNTIME_FLAVOR" \
    && find /app/runtimes -mindepth 1 -maxdepth 1 -not -name 'linux-*' -not -name unix -exec rm -rf {} +
COPY LICENSE /app/
# A volume takes its owner from the folder in the image on which it is mounted first, and the chiseled image has no shell to make one.
RUN install --directory --owner=1654 --group=1654 /folders/cache

FROM ${ASPNET_IMAGE} AS aspnet

# The GPU flavour: CUDA's runtime libraries below, .NET's on top of them.
FROM ${CUDA_IMAGE} AS gpu
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates libssl3t64 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=aspnet /usr/share/dotnet /usr/share/dotnet
WORKDIR /app
COPY --from=build /app ./
COPY --from=build /source/infra/demo-checkpoint/onnx /checkpoints/demo
COPY --from=build --chown=1654:1654 /folders/ /
ENV PATH="/usr/share/dotnet:${PATH}" \
    DOTNET_ROOT=/usr/share/dotnet \
    DOTNET_RUNNING_IN_CONTAINER=true \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility \
    ASPNETCORE_HTTP_PORTS=8081 \
    RENDERFARM_SECRETS=/run/secrets \
    RENDERFARM__WORKER__DEVICES=auto \
    HOME=/tmp \
    XDG_CACHE_HOME=/tmp
USER 1654:1654
EXPOSE 8081
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s --retries=3 \
    CMD ["dotnet", "RenderFarm.Worker.dll", "--health", "http://127.0.0.1:8081/health/live"]
ENTRYPOINT ["dotnet", "RenderFarm.Worker.dll"]

FROM ${CPU_IMAGE} AS cpu
WORKDIR /app
COPY --from=build /app ./
COPY --from=build /source/infra/demo-checkpoint/onnx /checkpoints/demo
COPY --from=build --chown=1654:1654 /folders/ /
ENV ASPNETCORE_HTTP_PORTS=8081 \
    RENDERFARM_SECRETS=/run/secrets \
    RENDERFARM__WORKER__DEVICES=auto \
    HOME=/tmp \
    XDG_CACHE_HOME=/tmp
USER 1654:1654
EXPOSE 8081
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["dotnet", "RenderFarm.Worker.dll", "--health", "http://127.0.0.1:8081/health/live"]
ENTRYPOINT ["dotnet", "RenderFarm.Worker.dll"]
