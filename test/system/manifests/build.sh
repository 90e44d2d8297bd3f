#!/usr/bin/env bash
# Builds main.go beside it, with the readers of Kustomize, Compose and the Prometheus operator from the Go module proxy, and
# prints the binary's path as the last line. A second run is instant.
#
#   UDSCOPE_TOOLS   where the binary is kept (default: ~/.cache/udscope-tools)
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
tools=${UDSCOPE_TOOLS:-$HOME/.cache/udscope-tools}

# Go's own installer puts it there, and cron, CI and sudo often leave that folder off the PATH.
PATH="$PATH:/usr/local/go/bin"
if ! command -v go >/dev/null; then
  echo "build.sh: the go command was not found. Install Go 1.26 or newer (https://go.dev/dl/)," \
    "or put its bin folder on the PATH." >&2
  exit 1
fi

export CGO_ENABLED=0 GOTOOLCHAIN=local GOWORK=off
key=$(cat "$here"/{main.go,go.mod,go.sum,build.sh} <(go env GOVERSION) | sha256sum | cut -c 1-16)
binary="$tools/manifests-$key/manifests"

if [[ ! -x $binary ]]; then
  mkdir -p "$tools"
  work=$(mktemp -d "$tools/.build-XXXXXX")
  trap 'rm -rf "$work"' EXIT
  echo "build.sh: building a reader of manifests" >&2
  (cd "$here" && go build -trimpath -ldflags='-s -w' -o "$work/finished/manifests" .) >&2
  # The rename publishes a whole folder at once: two builds at the same time never see each other's half.
  mv -T "$work/finished" "$(dirname "$binary")" 2>/dev/null || [[ -x $binary ]]
fi
echo "$binary"
