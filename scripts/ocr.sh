#!/usr/bin/env bash
# Debian's tesseract for the tests of text recognition, unless it is there already.
set -euo pipefail
command -v tesseract >/dev/null && tesseract --list-langs | grep -qx swe && exit 0
if [ "$(id -u)" -ne 0 ]; then
  echo "The tests of text recognition need: sudo apt-get install tesseract-ocr tesseract-ocr-swe" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq --no-install-recommends tesseract-ocr tesseract-ocr-swe >/dev/null
