#!/usr/bin/env bash
# Builds the Collector of builder-config.yaml with the official OpenTelemetry Collector Builder and prints
# the binary's path as the last line. A second run with the same manifest, script and Go is instant.
#
#   UDSCOPE_TOOLS   where the binary is kept (default: ~/.cache/udscope-tools)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
manifest="$here/builder-config.yaml"
tools=${UDSCOPE_TOOLS:-$HOME/.cache/udscope-tools}

# Go's own installer puts it there, and cron, CI and sudo often leave that folder off the PATH.
PATH="$PATH:/usr/local/go/bin"
if ! command -v go >/dev/null; then
  echo "build.sh: the go command was not found. Install Go 1.26 or newer (https://go.dev/dl/)," \
    "or put its bin folder on the PATH." >&2
  exit 1
fi

export CGO_ENABLED=0 GOTOOLCHAIN=local GOWORK=off GOFLAGS="${GOFLAGS:-} -mod=mod"

manifest_value() { sed -n "s/^ *$1: *//p" "$manifest" | head -n 1; }
name=$(manifest_value name)
version=v$(manifest_value version)
key=$(cat "$manifest" "${BASH_SOURCE[0]}" <(go env GOVERSION GOOS GOARCH) | sha256sum | cut -c 1-16)
binary="$tools/$name-$version-$key/$name"

if [[ -x $binary ]]; then
  echo "$binary"
  exit 0
fi

mkdir -p "$tools"
work=$(mktemp -d "$tools/.build-XXXXXX")
trap 'rm -rf "$work"' EXIT

echo "build.sh: building $name $version (a few minutes when Go's caches are empty)" >&2
GOBIN="$work" go install -ldflags='-s -w' "go.opentelemetry.io/collector/cmd/builder@$version" >&2

# The module file is made here with `go get`, and the builder is told to leave it alone. By itself the builder
# runs `go mod tidy`, which also fetches what only the tests of the dependencies import (Kubernetes' client
# among it): a much larger download, which fails when a proxy lacks a single module this binary never uses.
mkdir "$work/source"
modules=("go.opentelemetry.io/collector/otelcol@$version")
while read -r module module_version; do
  modules+=("$module@$module_version")
done < <(sed -n 's/^ *- gomod: *//p' "$manifest")
(cd "$work/source" && go mod init "$name" && go get "${modules[@]}") >&2

# The manifest does not say where to build, so that it stays free of paths of one machine.
sed "s|^dist:|dist:\n  output_path: $work/source|" "$manifest" >"$work/manifest.yaml"
TMPDIR="$work" "$work/builder" --config "$work/manifest.yaml" --skip-get-modules --ldflags='-s -w' >&2

# The rename publishes a whole folder at once: two builds at the same time never see each other's half.
mkdir "$work/finished"
mv "$work/source/$name" "$work/finished/"
mv -T "$work/finished" "$(dirname "$binary")" 2>/dev/null || [[ -x $binary ]]
echo "$binary"
