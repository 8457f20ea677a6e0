#!/bin/sh
# Makes .venv with what requirements.txt names, unless it is there.
set -eu
cd "$(dirname "$0")"
stop() { echo "bootstrap.sh: $1" >&2; exit 1; }

cmp -s requirements.txt .venv/.made-from && exit 0

# A name alone takes what a package index has under it: it needs a file, a commit, or a hash.
named=$(grep -E '^ *jetfleet([-_.]twins)?([^-_.@a-zA-Z0-9]|$)' requirements.txt |
  grep -Ev ' @ |--hash=' || true)
[ -z "$named" ] || stop "requirements.txt has '$named' by name: name a wheel, a commit or a hash"
while read -r wheel _; do
  case $wheel in ./*.whl) ;; *) continue ;; esac
  [ -f "$wheel" ] || stop "$wheel is missing: build it with 'make wheels' in a checkout of jetfleet"
done < requirements.txt
[ ! -f wheels/SHA256SUMS ] || (cd wheels && sha256sum --quiet --strict --check SHA256SUMS) ||
  stop "a wheel is not the one in wheels/SHA256SUMS"
hashes=
if grep -q -e '--hash=' requirements.txt; then hashes=--require-hashes; fi

rm -rf .venv
python3 -m venv .venv
.venv/bin/pip install -q --disable-pip-version-check $hashes -r requirements.txt
cp requirements.txt .venv/.made-from
