# syntax=docker/dockerfile:1
# Phaze with the Bun it is tested with, and Debian's ffmpeg. Build: docker compose build

FROM oven/bun:1.4.5-slim AS packages
WORKDIR /app
COPY package.json bun.lock bunfig.toml ./
RUN bun install --frozen-lockfile --production --ignore-scripts --no-progress \
 && cd node_modules/onnxruntime-node/bin/napi-v6 \
 && rm -r darwin win32 \
 && find linux -mindepth 1 -maxdepth 1 ! -name "$(bun -p process.arch)" -exec rm -r {} +

FROM oven/bun:1.4.5-slim
LABEL org.opencontainers.image.title="Phaze" \
      org.opencontainers.image.description="Proposes names for a music archive, moves what you approved, and can undo it" \
      org.opencontainers.image.licenses="AGPL-3.0-or-later"

# Debian removes old versions from its archive, so a pinned version would break the build at the next security update.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ffmpeg tini tzdata \
 && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY package.json bunfig.toml tsconfig.json LICENSE ./
COPY daemon ./daemon
COPY sidecars ./sidecars
COPY ui ./ui
COPY docker/health.mjs ./docker/
COPY --chmod=0755 docker/entrypoint.sh /usr/local/bin/phaze
RUN mkdir -p /config /data /music

# PUID and PGID: the user that Phaze works as. TZ: the time zone of the container.
ENV PUID=1000 \
    PGID=1000 \
    TZ=Etc/UTC \
    API_HOST=0.0.0.0 \
    API_PORT=8000 \
    DATABASE_URL=/config/phaze.db \
    SCAN_PATH=/music \
    OUTPUT_PATH=/data/organized

VOLUME ["/config", "/data", "/music"]
EXPOSE 8000

HEALTHCHECK --interval=15s --timeout=10s --start-period=60s --retries=3 \
  CMD ["bun", "/app/docker/health.mjs"]

# At SIGTERM the daemon completes or takes back the file it is moving, and closes its journal.
STOPSIGNAL SIGTERM

# The image starts as root only to give up root: the script changes to PUID and PGID before Phaze starts.
ENTRYPOINT ["phaze"]
CMD ["serve"]
