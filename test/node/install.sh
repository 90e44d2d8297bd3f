#!/usr/bin/env bash
# Installs the versions of Node.js that package.json lists from npm's registry, whose packages have them as they are, and prints the
# folder with one folder for each (`node22/bin/node`) as the last line. A second run with the same list is instant.
#
#   UDSCOPE_TOOLS   where they are kept (default: ~/.cache/udscope-tools)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tools=${UDSCOPE_TOOLS:-$HOME/.cache/udscope-tools}

key=$(cat "$here/package-lock.json" "${BASH_SOURCE[0]}" | sha256sum | cut -c 1-16)
folder="$tools/node-$key"

if [[ ! -e $folder/finished ]]; then
  mkdir -p "$folder"
  # Two at the same time would write to the same files.
  exec 9>"$tools/.node-$key.lock"
  flock 9
  if [[ ! -e $folder/finished ]]; then
    echo "install.sh: installing versions of Node.js" >&2
    cp "$here/package.json" "$here/package-lock.json" "$folder/"
    npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund >&2
    touch "$folder/finished"
  fi
fi
echo "$folder/node_modules"
