#!/usr/bin/env bash
# Installs what requirements.txt lists from PyPI, in an environment of its own, and prints the path of its bin folder as
# the last line. A second run with the same list and Python is instant.
#
#   UDSCOPE_TOOLS   where the environment is kept (default: ~/.cache/udscope-tools)
set -euo pipefail

requirements="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/requirements.txt"
tools=${UDSCOPE_TOOLS:-$HOME/.cache/udscope-tools}

key=$(cat "$requirements" "${BASH_SOURCE[0]}" <(python3 -VV) | sha256sum | cut -c 1-16)
environment="$tools/python-$key"

# An environment knows its own path and cannot be moved: it is finished when it says so.
if [[ ! -e $environment/finished ]]; then
  mkdir -p "$tools"
  # Two at the same time would write to the same files.
  exec 9>"$tools/.python-$key.lock"
  flock 9
  if [[ ! -e $environment/finished ]]; then
    echo "install.sh: installing Python packages" >&2
    python3 -m venv --clear "$environment"
    "$environment/bin/pip" install --quiet --disable-pip-version-check --only-binary=:all: --no-deps --requirement "$requirements" >&2
    touch "$environment/finished"
  fi
fi
echo "$environment/bin"
