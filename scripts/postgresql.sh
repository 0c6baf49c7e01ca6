#!/usr/bin/env bash
# Debian's PostgreSQL for the tests that run on both engines, unless one is there already.
# The tests start a server of their own with it, in a temporary folder.
set -euo pipefail
[ -n "${DATABASE_URL:-}" ] && exit 0
command -v initdb >/dev/null && exit 0
compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null && exit 0
if [ "$(id -u)" -ne 0 ]; then
  echo "Half of the database tests need PostgreSQL: sudo apt-get install postgresql" >&2
  # On a laptop they are skipped, in CI they would fail.
  [ -z "${CI:-}" ] && exit 0 || exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq --no-install-recommends postgresql >/dev/null
