#!/usr/bin/env bash
# Debian's Chromium for the tests of the pages, unless a Chromium is there already.
set -euo pipefail
command -v chromium >/dev/null && exit 0
if [ "$(id -u)" -ne 0 ]; then
  echo "The tests of the pages need Chromium: sudo apt-get install chromium" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq --no-install-recommends chromium >/dev/null
