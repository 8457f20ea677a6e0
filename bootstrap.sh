#!/bin/sh
# Makes .venv from constraints.txt (names, versions and hashes) with both packages of this
# repository in it, and says what is missing.
set -eu
cd "$(dirname "$0")"
stop() { echo "jetfleet: $1" >&2; exit 1; }

venv=.venv
stamp=$venv/.made-from
wanted=$(cat constraints.txt twins/pyproject.toml | sha256sum | cut -d ' ' -f 1)
[ "$(cat $stamp 2>/dev/null || true)" = "$wanted" ] && exit 0

python=${PYTHON:-python3}
command -v "$python" >/dev/null || stop "no $python: install Python 3.10 or newer"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
  stop "$("$python" --version) is too old: name a Python 3.10 or newer, as in PYTHON=python3.11 make"

# Debian and Ubuntu leave `ensurepip` out of their python3.
if ! "$python" -c 'import ensurepip' 2>/dev/null; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y python3-venv
  else
    stop "Python's venv is missing: install the package python3-venv"
  fi
fi

rm -rf $venv
"$python" -m venv $venv
$venv/bin/pip install -q --disable-pip-version-check --require-hashes -r constraints.txt
$venv/bin/pip install -q --disable-pip-version-check --no-deps --no-build-isolation \
  -e . -e ./twins
echo "$wanted" > $stamp
