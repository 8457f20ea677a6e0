#!/bin/sh
# The audit log of a board: what changed it, one JSON object a line, each with the hash of the line
# before. These functions stand before a script that changes the board, and are called after it,
# under the board's lock. They use those of lease.sh.
#
# A line that a power cut left half is closed by the next one, and is part of the chain. A file that
# is full is renamed, and the first line of the next one has the hash of its last line.
# shellcheck disable=SC2034,SC2154 # the text around this one reads and assigns them
audit_file=/var/lib/jetfleet/audit.jsonl
audit_most=524288
audit_lost_file=/run/jetfleet/audit-lost

# After a script that had the lease of this run: renew that, for the script may have taken longer
# than it holds, and log what was done. $audit_said is for the run: number and hash of the line.
audit_after() { # ID TOKEN SECONDS STATUS MEMBERS
  audit_said=''
  # The script was refused, and did nothing.
  [ "$4" != 76 ] && lease_lock || return 0
  lease_read
  if [ "$lease_id $lease_token" = "$1 $2" ]; then
    if [ "$lease_ttl" != 0 ]; then lease_extend "$2" $((lease_now + $3)) || true; fi
    case $4 in
      0) audit_append "$5" 'done' ;;
      limit | cut) audit_append "$5" "$4" ;;
      *) audit_append "$5" "failed $4" ;;
    esac
  fi
  lease_unlock
}

audit_append() { # MEMBERS OUTCOME
  audit_said=' audit lost' audit_lost=0 audit_note=''
  if [ -f "$audit_lost_file" ]; then
    audit_lost=$(head -c 10 "$audit_lost_file")
    lease_is_number "$audit_lost" 9 || audit_lost=0
    [ "$audit_lost" = 0 ] || audit_note="\"lost\":$audit_lost,"
  fi
  if audit_write "$@" 2> /dev/null; then
    if [ "$audit_lost" != 0 ]; then rm -f -- "$audit_lost_file"; fi
    # Only what is on the disk is a line that must be there later.
    if timeout 5 sync "$audit_file" 2> /dev/null; then
      audit_hash=$(printf %s "$audit_line" | sha256sum)
      audit_said=" audit $audit_number ${audit_hash%% *}"
    fi
  else
    echo $((audit_lost + 1)) 2> /dev/null > "$audit_lost_file" || true
  fi
}

audit_write() { # MEMBERS OUTCOME
  for audit_name in "$audit_file" "$audit_file.1"; do
    if [ -h "$audit_name" ] || { [ -e "$audit_name" ] && [ ! -f "$audit_name" ]; }; then
      rm -rf -- "$audit_name"
    fi
  done
  if [ -s "$audit_file" ] && [ "$(tail -c 1 "$audit_file" | wc -l)" = 0 ]; then
    echo >> "$audit_file" || return 1
  fi
  audit_size=$(stat -c %s "$audit_file" || echo 0)
  if [ "$audit_size" -gt $audit_most ]; then
    mv -f -T -- "$audit_file" "$audit_file.1" || return 1
    audit_size=0
  fi
  audit_last=$audit_file audit_number=0
  [ "$audit_size" != 0 ] || audit_last=$audit_file.1
  audit_hash=0000000000000000000000000000000000000000000000000000000000000000
  if [ -f "$audit_last" ]; then
    audit_text=$(tail -n 1 "$audit_last")
    audit_number=${audit_text#'{"seq":'}
    audit_number=${audit_number%%,*}
    case $audit_text in
      '{"seq":'*'}') audit_hash=$(printf %s "$audit_text" | sha256sum) ;;
      # A half line may have bytes that are no text.
      *) audit_hash=$(tail -n 1 "$audit_last" | tr -d '\n' | sha256sum) audit_number='' ;;
    esac
    audit_hash=${audit_hash%% *}
    lease_is_number "$audit_number" 15 ||
      audit_number=$(tail -n 20 "$audit_last" | tr -d '\000' |
        sed -n 's/^{"seq":\([1-9][0-9]\{0,14\}\),"prev".*/\1/p' | tail -n 1)
    : "${audit_number:=0}"
  fi
  audit_number=$((audit_number + 1))
  audit_line="{\"seq\":$audit_number,\"prev\":\"$audit_hash\",\"boot\":\"$lease_boot\","
  audit_line="$audit_line\"up\":$lease_now,$audit_note$1,\"outcome\":\"$2\"}"
  if ! (umask 077 && printf '%s\n' "$audit_line" >> "$audit_file"); then
    # A full disk takes a part of it.
    truncate -s "$audit_size" "$audit_file"
    return 1
  fi
}
