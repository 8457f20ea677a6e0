#!/bin/sh
# apt_download.sh FOLDER NAME=VERSION...
#   downloads packages into a folder that apt_list.sh made; prints `SHA256 BYTES NAME` of each file
set -eu

d=$1
shift
cd "$d/debs"
apt-get -q -o Dir::State::Lists="$d/lists" -o Dir::Cache="$d/cache" -o Debug::NoLocking=1 \
  download "$@" >"$d/said" 2>&1 || {
  tail -n 3 "$d/said" >&2
  exit 1
}
for deb in *.deb; do
  echo "$(sha256sum -- "$deb" | cut -c -64) $(stat -c %s -- "$deb") $deb"
done
