#!/bin/sh
# apt_list.sh NAME...
#   prints what the apt sources of this board have of packages and of all that they depend on:
#   `folder PATH`, then `has NAME VERSION` for each version, and `candidate NAME VERSION`
#
# It runs as any user. The lists of packages are fetched into a folder of its own, so that nothing on
# the board changes; the caller removes it.
set -eu

d=$(mktemp -d /tmp/jetfleet-bundle.XXXXXXXX)
mkdir -p "$d/lists/partial" "$d/cache/archives/partial" "$d/debs"
own="-o Dir::State::Lists=$d/lists -o Dir::Cache=$d/cache -o Debug::NoLocking=1"

# shellcheck disable=SC2086 # several words
apt-get -q $own update >"$d/said" 2>&1 || {
  tail -n 3 "$d/said" >&2
  rm -rf "$d"
  exit 1
}
echo "folder $d"
# shellcheck disable=SC2086 # several words
apt-cache $own depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks \
  --no-replaces --no-enhances "$@" 2>/dev/null |
  grep -E '^[a-z0-9][a-z0-9.+-]*$' | sort -u >"$d/names" || true
# shellcheck disable=SC2086 # several words
xargs -r apt-cache $own madison <"$d/names" 2>/dev/null |
  awk -F '|' '{ gsub(/ /, ""); print "has", $1, $2 }'
# shellcheck disable=SC2086 # several words
xargs -r apt-cache $own policy <"$d/names" 2>/dev/null |
  awk '/^[^ ]/ { sub(/:$/, ""); name = $0 } /^  Candidate:/ { print "candidate", name, $2 }'
