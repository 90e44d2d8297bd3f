# The agent in an image: Node.js and what `udscope` needs, nothing else. examples/docker and examples/kubernetes run it.
#
#   docker build --tag udscope .
#
# An exact tag, of the newest Node.js with long-term support. Pin the digest where you build: docker pull prints it.
ARG NODE_IMAGE=node:24.22.3-trixie-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /build
# Before the sources, so that a change of these does not install again. No package has a script that has to run.
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY build build
COPY src src
# The command is executable where npm installs it; package.json may come from a clone that only its owner can read.
RUN npm run build && chmod 0755 dist/src/cli/main.js && chmod 0644 package.json && find dist -name '*.map' -delete

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="udscope" \
  org.opencontainers.image.description="Relays Unix domain sockets and turns the traffic into OpenTelemetry" \
  org.opencontainers.image.licenses="Apache-2.0"

# The libraries in JavaScript are bundled; koffi is not, because it is machine code.
COPY --from=build /build/package.json /build/dist/licenses.txt /opt/udscope/
COPY LICENSE /opt/udscope/
COPY --from=build /build/node_modules/koffi /opt/udscope/node_modules/koffi
COPY --from=build /build/node_modules/@koromix /opt/udscope/node_modules/@koromix
COPY --from=build /build/dist/src /opt/udscope/dist/src

# The user can relay what it may connect to itself, with `credentials: self`. To pass clients on as themselves the agent must be
# root, with the capabilities that examples/docker/compose.yaml lists: an engine gives none to another user.
RUN ln -s /opt/udscope/dist/src/cli/main.js /usr/local/bin/udscope \
  && useradd --system --user-group --no-create-home --shell /usr/sbin/nologin udscope \
  && install -d -o udscope -g udscope -m 0755 /run/udscope
USER udscope
WORKDIR /

# It asks the agent over its control socket: the configuration has to have `extensions: control`. A failing exporter is not unhealthy.
HEALTHCHECK --interval=60s --timeout=10s --start-period=15s CMD ["udscope", "status"]
# The supervisor drains and ends; open connections have as long as the agent gives them.
STOPSIGNAL SIGTERM
EXPOSE 9464
ENTRYPOINT ["udscope"]
# The supervisor is the first process: it reaps orphans, and keeps relay sockets while it replaces an agent that has failed.
CMD ["supervise", "--", "udscope", "run", "--config", "/etc/udscope/otel-config.yaml"]
