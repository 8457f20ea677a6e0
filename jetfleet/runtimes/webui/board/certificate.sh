#!/bin/sh
# Written by jetfleet; changes made here are undone.
#
# certificate FOLDER NAME...   makes FOLDER/cert.pem and FOLDER/key.pem for these names
#
# One that has the names and lasts for 60 days more is left alone. It is signed by itself: browsers
# ask once, and go on to show the camera, which they do over https only.
set -eu
folder=$1
shift
names=
for name in "$@"; do
  case $name in
    *:*) kind=IP ;;
    *[!0-9.]*) kind=DNS ;;
    *) kind=IP ;;
  esac
  names="$names${names:+,}$kind:$name"
done
umask 077
if ! mkdir -p -- "$folder" 2>/dev/null; then
  echo "$folder is not a folder: move what is there away, then run again" >&2
  exit 1
fi
cd -- "$folder"
# A file of a certificate has less than 4 KiB; whatever else is there is not read.
is_small() { [ -f "$1" ] && [ -s "$1" ] && [ "$(stat -L -c %s -- "$1")" -lt 65536 ]; }
if is_small cert.pem && is_small key.pem && is_small names && [ "$(cat names 2>/dev/null)" = "$names" ] &&
  openssl x509 -in cert.pem -noout -checkend $((60 * 86400)) >/dev/null &&
  [ "$(openssl x509 -in cert.pem -noout -pubkey)" = "$(openssl pkey -in key.pem -pubout)" ]; then
  exit 0
fi
# Something else than a file may be in the place of one: a folder would take the new file in.
for file in key.pem cert.pem names key.new cert.new names.new; do
  if [ -d "$file" ] && [ ! -L "$file" ]; then
    rmdir -- "$file" 2>/dev/null || {
      echo "$folder/$file is not a file: move it away, then run again" >&2
      exit 1
    }
  elif [ -L "$file" ] || { [ -e "$file" ] && [ ! -f "$file" ]; }; then
    rm -f -- "$file"
  fi
done
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 825 \
  -keyout key.new -out cert.new -subj "/CN=$1" -addext "subjectAltName=$names" \
  -addext "extendedKeyUsage=serverAuth" 2>/dev/null
printf '%s\n' "$names" > names.new
sync -- key.new cert.new names.new
mv -f key.new key.pem
mv -f cert.new cert.pem
mv -f names.new names
