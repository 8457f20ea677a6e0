#!/bin/sh
# Written by jetfleet; changes made here are undone.
#
# native FOLDER STORE ARCHIVE...   readies a board for an Ollama of its own
#
# Makes the user ollama, with the groups that may use the GPU; unpacks the archives into FOLDER,
# once; and lets the user write to STORE. It needs to be done before each start alone: what is
# there already stays.
set -eu
folder=$1 store=$2
shift 2
if ! getent passwd ollama >/dev/null; then
  useradd --system --user-group --no-create-home --home-dir /usr/share/ollama \
    --shell /usr/sbin/nologin ollama
fi
for group in render video; do
  if getent group "$group" >/dev/null; then usermod -a -G "$group" ollama; fi
done
install -d -o ollama -g ollama /usr/share/ollama
if [ ! -x "$folder/bin/ollama" ]; then
  rm -rf -- "$folder.new"
  mkdir -p -- "$folder.new"
  for archive in "$@"; do tar -xf "$archive" --no-same-owner -C "$folder.new"; done
  test -x "$folder.new/bin/ollama" || { echo "the archives hold no bin/ollama" >&2; exit 1; }
  sync -f -- "$folder.new"
  mv -T -- "$folder.new" "$folder"
fi
# Versions of before: their archives can be unpacked again.
for other in "${folder%/*}"/*; do
  if [ "$other" != "$folder" ]; then rm -rf -- "$other"; fi
done
# Verified blobs stay root's, for they may be links to files of the models' folder.
mkdir -p -- "$store"
find "$store" -xdev -type d ! -user ollama -exec chown ollama:ollama {} +
