# One image a stage, and one of the command line:
#
#   docker build --target extractor -t masque/extractor .       likewise masker, loader, dashboard, cli
#
# Each holds Node, its own code as plain JavaScript, and the third-party packages that this code imports, at the locked
# versions (build/src/main.ts). In a network of your own: --build-arg NODE_IMAGE=… (a base that trusts your certificates
# too), --build-arg npm_config_registry=…, and Docker's HTTPS_PROXY and NO_PROXY, which need no ARG.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS base
ARG npm_config_registry
ENV npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false

# What npm ci needs, and no source: a changed source installs nothing anew.
FROM base AS manifests
WORKDIR /src
COPY . .
RUN find . -type f ! -name package.json ! -name package-lock.json -delete && find . -type d -empty -delete

FROM base AS build
WORKDIR /src
COPY --from=manifests /src ./
# No scripts: they fetch a Node and servers for machines that have none.
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build --workspaces --if-present

# Packages for an image: types, maps and texts about them stay behind, licences do not. About half of what they weigh.
# OpenTelemetry comes three times over, and Node takes build/src; what is left must still load.
FROM base AS packages
RUN printf '%s\n' '#!/bin/sh' 'set -e' \
  'find "$1" -type f ! -iname "licen*" \( -name "*.map" -o -name "*.d.*ts" -o -name "*.ts" -o -name "*.md" \) -delete' \
  '[ -d "$1/@opentelemetry" ] || exit 0' \
  'rm -rf "$1"/@opentelemetry/*/build/esm "$1"/@opentelemetry/*/build/esnext' \
  'node -e "for (const name of [\"sdk-trace\", \"resources\", \"exporter-trace-otlp-http\"]) require(\"@opentelemetry/\" + name)"' \
  >/trim && chmod 755 /trim
WORKDIR /app

FROM packages AS extractor-packages
COPY --from=build /src/apps/extractor/dist/package.json /src/apps/extractor/dist/package-lock.json ./
COPY --from=build /src/apps/extractor/dist/pipeline/package.json pipeline/
RUN npm ci --omit=dev --ignore-scripts && /trim node_modules

FROM packages AS masker-packages
COPY --from=build /src/apps/masker/dist/package.json /src/apps/masker/dist/package-lock.json ./
COPY --from=build /src/apps/masker/dist/pipeline/package.json pipeline/
RUN npm ci --omit=dev --ignore-scripts && /trim node_modules

FROM packages AS loader-packages
COPY --from=build /src/apps/loader/dist/package.json /src/apps/loader/dist/package-lock.json ./
COPY --from=build /src/apps/loader/dist/pipeline/package.json pipeline/
RUN npm ci --omit=dev --ignore-scripts && /trim node_modules

FROM packages AS dashboard-packages
COPY --from=build /src/apps/dashboard/dist/package.json /src/apps/dashboard/dist/package-lock.json ./
COPY --from=build /src/apps/dashboard/dist/pipeline/package.json pipeline/
RUN npm ci --omit=dev --ignore-scripts && /trim node_modules

FROM packages AS cli-packages
COPY --from=build /src/apps/cli/dist/package.json /src/apps/cli/dist/package-lock.json ./
COPY --from=build /src/apps/cli/dist/pipeline/package.json pipeline/
RUN npm ci --omit=dev --ignore-scripts && /trim node_modules

# What every image begins with: the base in one layer, without what has no work in a container. Package managers have
# advisories, and Node's headers weigh more than all that is ours; deleted in a layer of their own they would still be there.
FROM ${NODE_IMAGE} AS trimmed
RUN rm -rf /usr/local/lib/node_modules /opt/yarn-* /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack \
  /usr/local/bin/yarn /usr/local/bin/yarnpkg /usr/local/include /usr/local/share/doc /usr/local/share/man \
  /var/lib/apt/lists/* /var/cache/*

FROM scratch AS runtime
COPY --from=trimmed / /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# Own definitions are mounted into /app/pipelines: they find @masque/pipeline and zod in /app/node_modules.
WORKDIR /app
# Faults name their place in the sources; young objects get half of V8's default space, and threads share one arena of
# malloc's (docs/decisions/0019).
ENV NODE_ENV=production NODE_OPTIONS="--enable-source-maps --max-semi-space-size=8" MALLOC_ARENA_MAX=1
# Probes come from outside the container.
ENV HTTP_HOST=0.0.0.0 HTTP_PORT=8080 MASQUE_KEYS_DIR=/keys
ENTRYPOINT ["node", "/app/main.js"]

FROM runtime AS extractor
COPY --from=extractor-packages /app/node_modules ./node_modules
COPY --from=build /src/apps/extractor/dist ./
# The user node, as a number, so that Kubernetes can see that it is not root (runAsNonRoot).
USER 1000:1000
# Shows that no package is missing.
RUN ["node", "/app/main.js", "--help"]
EXPOSE 8080

FROM runtime AS masker
COPY --from=masker-packages /app/node_modules ./node_modules
COPY --from=build /src/apps/masker/dist ./
USER 1000:1000
RUN ["node", "/app/main.js", "--help"]
EXPOSE 8080

FROM runtime AS loader
COPY --from=loader-packages /app/node_modules ./node_modules
COPY --from=build /src/apps/loader/dist ./
USER 1000:1000
RUN ["node", "/app/main.js", "--help"]
EXPOSE 8080

FROM runtime AS dashboard
COPY --from=dashboard-packages /app/node_modules ./node_modules
COPY --from=build /src/apps/dashboard/dist ./
USER 1000:1000
RUN ["node", "/app/main.js", "--help"]
EXPOSE 8080 8090

FROM runtime AS cli
COPY --from=cli-packages /app/node_modules ./node_modules
COPY --from=build /src/apps/cli/dist ./
# A new volume takes owner and mode of the folder that it is mounted on.
RUN mkdir -p /keys/extractor /keys/masker /keys/custodian /users /password \
  && chmod -R 700 /keys /password && chown -R 1000:1000 /keys /users /password
USER 1000:1000
RUN ["node", "/app/main.js", "--help"]
