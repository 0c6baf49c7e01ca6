#!/usr/bin/env bash
# Debian's packages that the tests use, those that are not there already: a browser, PostgreSQL
# (the tests start a server of their own with it), text recognition, and kcat for the guide.
set -euo pipefail
there() {
  case "$1" in
    postgresql) [ -n "${DATABASE_URL:-}" ] || compgen -G "/usr/lib/postgresql/*/bin/initdb" ;;
    tesseract-ocr) command -v tesseract ;;
    tesseract-ocr-swe) tesseract --list-langs | grep -x swe ;;
    *) command -v "$1" ;;
  esac
}
missing=()
for package in chromium postgresql tesseract-ocr tesseract-ocr-swe kcat; do
  there "$package" >/dev/null 2>&1 || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" -ne 0 ]; then
  echo "The tests need: sudo apt-get install ${missing[*]}" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq --no-install-recommends "${missing[@]}" >/dev/null
