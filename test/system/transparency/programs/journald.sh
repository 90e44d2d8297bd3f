#!/bin/sh
# Runs the journal's daemon with its sockets in one directory and its files in another, and nothing of the machine's.
# Usage: unshare --mount journald.sh SOCKETS FILES
set -eu
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/journal /run/log
mount --bind "$1" /run/systemd/journal
mount --bind "$2" /run/log
exec /lib/systemd/systemd-journald
