#!/bin/sh
# Makes .venv from constraints.txt (names, versions and hashes) with both packages of this
# repository in it, and says what is missing.
set -eu
cd "$(dirname "$0")"
stop() { echo "jetfleet: $1" >&2; exit 1; }

venv=.venv
stamp=$venv/.made-from
wanted=$(cat constraints.txt twins/pyproject.toml | sha256sum | cut -d ' ' -f 1)
# pyinfra writes no bytecode files, nor does Python where PYTHONDONTWRITEBYTECODE is set. Without
# them each run compiles all modules again, which takes longer than the run. Only what has changed
# is compiled here.
compile() { $venv/bin/python -m compileall -q jetfleet roles deploys twins; }
if [ "$(cat $stamp 2>/dev/null || true)" = "$wanted" ]; then
  compile
  exit 0
fi

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
compile
echo "$wanted" > $stamp
