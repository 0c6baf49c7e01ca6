#!/usr/bin/env bash
# Compile the locks: exact versions with hashes, and no download addresses.
# Every lock takes its versions from dev.txt, so that tests run what images hold.
set -euo pipefail
cd "$(dirname "$0")/.."
uv=.venv/bin/uv
compile=("$uv" pip compile --quiet --universal --generate-hashes --no-emit-index-url
  --no-emit-find-links --no-header --python-version 3.11)
"${compile[@]}" "$@" requirements/bootstrap.in --output-file requirements/bootstrap.txt
"${compile[@]}" "$@" pyproject.toml --extra dev --constraints requirements/bootstrap.txt \
  --output-file requirements/dev.txt
for extra in ingest embed recommend gateway embedded; do
  "${compile[@]}" pyproject.toml --extra "$extra" --constraints requirements/dev.txt \
    --output-file "requirements/$extra.txt"
done
if grep -nE 'https?://' requirements/*.txt; then
  echo "a lock names a download address" >&2
  exit 1
fi
