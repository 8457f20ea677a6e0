#!/bin/sh
# receive.sh FILE HAVE SIZE SECONDS, behind a function `renew`
#   appends what comes on standard input to a file that has HAVE bytes, until it has SIZE; prints
#   how many it has then, whatever ended the transfer
#
# While bytes arrive, the lease of the run is renewed, each SECONDS. If another run has it, the
# transfer ends.

file=$1 have=$2 size=$3 pause=$4

bytes() { stat -c %s -- "$file" 2>/dev/null || echo 0; }

# The process that is waited for is ended with this one: a sleep would keep the session open. One
# that has not yet begun its program loses TERM (limit.sh), and would have the lock of the board.
keep() {
  trap 'kill -HUP "$!" 2>/dev/null; kill "$!" 2>/dev/null; exit 0' TERM
  had=$have
  while :; do
    sleep "$pause" >/dev/null 2>&1 9>&- &
    wait "$!"
    sync -- "$file"
    now=$(bytes)
    [ "$now" != "$had" ] || continue
    had=$now
    (renew) || {
      kill "$writer"
      exit 0
    }
  done
}

if [ "$(bytes)" = "$have" ] || [ "$have" = 0 ]; then
  # It may be a link to the file of another revision: that one is not written into.
  [ "$have" != 0 ] || rm -f -- "$file"
  exec 4<&0
  head -c "$((size - have))" <&4 >>"$file" &
  writer=$!
  keep 4<&- &
  keeper=$!
  wait "$writer"
  kill "$keeper"
  wait "$keeper"
  sync -- "$file"
fi
bytes
