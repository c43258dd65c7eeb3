# Three images from one file: `--target operator`, `--target runner` and, for Python functions of report repositories, `--target python`.
# The programs are one file or a few, without packages; bundles are the same on every processor, so they are made on the builder's own.
FROM --platform=$BUILDPLATFORM node:26-slim AS bundle
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
# No install script is needed to bundle, so none is run.
RUN npm ci --ignore-scripts
COPY src ./src
COPY scripts/bundle.ts ./scripts/
RUN node scripts/bundle.ts


FROM node:26-slim AS base
ARG VERSION=0.0.0-dev
ARG REVISION=unknown
LABEL org.opencontainers.image.vendor="Dossier" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
ENV NODE_ENV=production
WORKDIR /app
COPY LICENSE ./


FROM base AS operator
LABEL org.opencontainers.image.title="dossier-operator" \
      org.opencontainers.image.description="Turns Reports into Jobs and watches over their files"
COPY --from=bundle /build/dist/operator ./
# A number, so that the kubelet can see that it is not root.
USER 1000:1000
# 8080 metrics, 8081 health
EXPOSE 8080 8081
# Less memory before more speed: a small young generation, code that is compiled for size, and one arena of the C library's memory, which is given back early
# (docs/benchmarks/operator.md, docs/benchmarks/schedules.md).
ENV MALLOC_ARENA_MAX=1 MALLOC_TRIM_THRESHOLD_=131072
ENTRYPOINT ["node", "--max-semi-space-size=2", "--optimize-for-size", "/app/operator.mjs"]


FROM base AS runner
LABEL org.opencontainers.image.title="dossier-runner" \
      org.opencontainers.image.description="Reads rows, writes one report file into a bucket"
# For custom code from git repositories; the certificates are git's, Node brings its own.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates git openssh-client \
    && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log /var/cache/debconf/*-old
COPY --from=bundle /build/dist/runner ./
# One arena of the C library's memory, which is given back early (docs/benchmarks/memory.md).
ENV MALLOC_ARENA_MAX=1 MALLOC_TRIM_THRESHOLD_=131072
USER 1000:1000
# Its Job says by NODE_OPTIONS how much memory is the heap's.
ENTRYPOINT ["node", "/app/runner.mjs"]


FROM node:26-slim AS packages
RUN apt-get update && apt-get install --yes --no-install-recommends python3-pip
COPY src/python/requirements.txt ./
# Every package by its version; none is built here.
RUN pip3 install --no-cache-dir --no-compile --only-binary=:all: --no-deps --target=/packages --requirement=requirements.txt


FROM base AS python
LABEL org.opencontainers.image.title="dossier-python" \
      org.opencontainers.image.description="Runs Python functions of report repositories"
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates python3 \
    && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log /var/cache/debconf/*-old
COPY --from=packages /packages ./packages
COPY src/python/dossier_connect.py ./
ENV PYTHONPATH=/app/packages PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 1000:1000
ENTRYPOINT ["python3", "/app/dossier_connect.py"]
