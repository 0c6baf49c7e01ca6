#!/usr/bin/env bash
# Debian's kcat for the test of the partners' guide, unless it is there already.
set -euo pipefail
command -v kcat >/dev/null && exit 0
if [ "$(id -u)" -ne 0 ]; then
  echo "Without kcat a test of the partners' guide is left out: sudo apt-get install kcat" >&2
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq --no-install-recommends kcat >/dev/null
