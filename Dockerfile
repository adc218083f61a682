# Builds with a compiler, runs without one, as a user without rights, on a read-only tree.
ARG NODE_VERSION=24

FROM node:${NODE_VERSION}-bookworm AS build
WORKDIR /build
# The add-on is compiled, with the headers of the image: nothing is fetched but packages.
ENV npm_config_nodedir=/usr/local CXXFLAGS=-std=gnu++20
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund --ignore-scripts && npm --prefix node_modules/mmap-io run rebuild
COPY tsconfig.json asconfig.json ./
COPY proto proto
COPY src src
RUN npm run build && npm prune --omit=dev

FROM node:${NODE_VERSION}-bookworm-slim
ENV NODE_ENV=production
# Keeps freed memory instead of giving it back and faulting it in again: docs/OPERATIONS.md.
ENV MALLOC_TRIM_THRESHOLD_=134217728 MALLOC_MMAP_THRESHOLD_=33554432 MALLOC_TOP_PAD_=16777216
WORKDIR /opt/tacet
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY proto proto
RUN ln -s /opt/tacet/dist/cli/index.js /usr/local/bin/tacet && chmod 755 dist/cli/index.js
USER node
# Inside the container every address is the container's own; who may reach the port is decided by
# the network it is put into. Nothing listens beyond 127.0.0.1 until --insecure is given.
EXPOSE 50051 9464
# The certificate in its environment is the server's, not one for a client to show.
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
  CMD ["env", "-u", "TACET_TLS_CERT", "-u", "TACET_TLS_KEY", "tacet", "health"]
ENTRYPOINT ["tacet"]
CMD ["--help"]
