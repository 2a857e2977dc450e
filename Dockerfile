# Latchkey in a container. How to run it: docs/production.md.

FROM node:24.22.3-trixie-slim AS manifest
WORKDIR /app
COPY package.json package-lock.json .npmrc ./

# Production dependencies.
FROM manifest AS packages
RUN npm ci --omit=dev --ignore-scripts

FROM manifest AS build
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY scripts scripts
COPY client client
COPY web web
COPY src src
RUN npm run build

FROM node:24.22.3-trixie-slim
WORKDIR /app
COPY package.json LICENSE ./
COPY bin bin
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/dist dist
# For `docker exec … latchkey settings`.
RUN ln -s /app/bin/latchkey.js /usr/local/bin/latchkey

# The only place that Latchkey writes to: the database, unless that is PostgreSQL, and backups.
WORKDIR /data
RUN chown 1000:1000 /data
VOLUME /data

# Not loopback, which is unreachable from outside a container. Publishing the port decides who reaches it.
ENV LATCHKEY_MODE=production \
    LATCHKEY_HOST=0.0.0.0 \
    LATCHKEY_DATABASE_URL=sqlite:/data/latchkey.sqlite
# A young generation of 12 MB, not 48: see docs/sizing.md.
ENV NODE_OPTIONS=--max-semi-space-size=4
EXPOSE 4000

# Listing the commands compiles them all, so that every start finds the code compiled, also in a
# container whose root is read-only.
RUN mkdir -p /var/cache/latchkey && chown 1000:1000 /var/cache/latchkey
ENV CACHE_DIRECTORY=/var/cache/latchkey

# `node` of the base image, as numbers, because Kubernetes cannot tell otherwise that it isn’t root.
USER 1000:1000
RUN latchkey --help && chmod -R a-w /var/cache/latchkey
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.LATCHKEY_PORT || 4000) + '/health/ready').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["latchkey"]
CMD ["serve"]
