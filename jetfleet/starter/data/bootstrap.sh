#!/bin/sh
# Makes .venv with what requirements.txt names, unless it is there.
set -eu
cd "$(dirname "$0")"
cmp -s requirements.txt .venv/.made-from && exit 0
rm -rf .venv
python3 -m venv .venv
.venv/bin/pip install -q --disable-pip-version-check -r requirements.txt
cp requirements.txt .venv/.made-from
