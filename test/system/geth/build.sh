#!/usr/bin/env bash
# Builds geth from the Go module proxy and prints the binary's path as the last line. A second run is instant.
#
#   UDSCOPE_TOOLS   where the binary is kept (default: ~/.cache/udscope-tools)
set -euo pipefail

version=v1.17.10
tools=${UDSCOPE_TOOLS:-$HOME/.cache/udscope-tools}

# Go's own installer puts it there, and cron, CI and sudo often leave that folder off the PATH.
PATH="$PATH:/usr/local/go/bin"
if ! command -v go >/dev/null; then
  echo "build.sh: the go command was not found. Install Go 1.26 or newer (https://go.dev/dl/)," \
    "or put its bin folder on the PATH." >&2
  exit 1
fi

export CGO_ENABLED=0 GOTOOLCHAIN=local GOWORK=off
binary="$tools/geth-$version-$(go env GOVERSION)/geth"

if [[ ! -x $binary ]]; then
  mkdir -p "$tools"
  work=$(mktemp -d "$tools/.build-XXXXXX")
  trap 'rm -rf "$work"' EXIT
  echo "build.sh: building geth $version (two minutes when Go's caches are empty)" >&2
  GOBIN="$work/finished" go install -ldflags='-s -w' "github.com/ethereum/go-ethereum/cmd/geth@$version" >&2
  # The rename publishes a whole folder at once: two builds at the same time never see each other's half.
  mv -T "$work/finished" "$(dirname "$binary")" 2>/dev/null || [[ -x $binary ]]
fi
echo "$binary"
