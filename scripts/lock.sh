#!/usr/bin/env bash
# Compile the locks: exact versions with hashes, and no download addresses.
# Every lock takes its versions from dev.txt, so that tests run what images hold.
set -euo pipefail
cd "$(dirname "$0")/.."
uv=.venv/bin/uv
compile=("$uv" pip compile --quiet --generate-hashes --no-emit-index-url
  --no-emit-find-links --no-header --python-version 3.11)
"${compile[@]}" --universal "$@" requirements/bootstrap.in --output-file requirements/bootstrap.txt
"${compile[@]}" --universal "$@" pyproject.toml --extra dev \
  --constraints requirements/bootstrap.txt --output-file requirements/dev.txt
for extra in ingest embed recommend gateway embedded; do
  "${compile[@]}" --universal pyproject.toml --extra "$extra" --constraints requirements/dev.txt \
    --output-file "requirements/$extra.txt"
done
# The GPU image: all of it, CUDA too.
"${compile[@]}" --universal pyproject.toml --extra embed --extra transformers \
  --constraints requirements/dev.txt --constraints requirements/torch.in \
  --output-file requirements/embed-gpu.txt
# What its tests add to dev.txt, less torch (requirements/torch.in says why). Compiled as for a Mac,
# where torch asks for no CUDA packages; the versions and their hashes are those of every system.
MACOSX_DEPLOYMENT_TARGET=14.0 "${compile[@]}" --python-platform aarch64-apple-darwin \
  pyproject.toml --extra transformers --no-emit-package torch \
  --constraints requirements/embed-gpu.txt --output-file requirements/transformers.txt
if grep -nE 'https?://' requirements/*.txt; then
  echo "a lock names a download address" >&2
  exit 1
fi
