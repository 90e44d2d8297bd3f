#!/bin/sh
# Runs a command that has a directory as /run/systemd/journal, where the journal and its clients look for their sockets.
# Usage: unshare --mount with-journal.sh DIRECTORY COMMAND...
set -eu
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/journal
mount --bind "$1" /run/systemd/journal
shift
exec "$@"
