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
mkdir -p -- "$folder"
cd -- "$folder"
if [ -s cert.pem ] && [ -s key.pem ] && [ "$(cat names 2>/dev/null)" = "$names" ] &&
  openssl x509 -in cert.pem -noout -checkend $((60 * 86400)) >/dev/null &&
  [ "$(openssl x509 -in cert.pem -noout -pubkey)" = "$(openssl pkey -in key.pem -pubout)" ]; then
  exit 0
fi
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 825 \
  -keyout key.new -out cert.new -subj "/CN=$1" -addext "subjectAltName=$names" \
  -addext "extendedKeyUsage=serverAuth" 2>/dev/null
printf '%s\n' "$names" > names.new
sync -- key.new cert.new names.new
mv -f key.new key.pem
mv -f cert.new cert.pem
mv -f names.new names
