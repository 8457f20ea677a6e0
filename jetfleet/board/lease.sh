#!/bin/sh
# The lease of a board: one run at a time changes it. These functions stand before the scripts of a
# run that has or takes the lease, and before surveys, which read it.
#
# A lease has a token, an integer that only grows: each take is one more than the last lease. A run
# names its token in every script, so one that slept while another took the board is refused. Only
# the board's own uptime counts, so no clock needs to be right. On the disk is who has it, one line
# of fixed length: token, id of the run, seconds that it holds (0: it has ended), id of the boot,
# uptime since which, who in base64, and a dot. In /run is until when: token, boot and uptime. So
# scripts that renew it wait for no disk; without that file, a lease holds its seconds from the take
# or, after a reboot, from the boot.
lease_file=/var/lib/jetfleet/lease
lease_renewed=/run/jetfleet/lease

# For the run that sent this script: it reads the line, and names the other run.
lease_refuse() {
  echo "@jetfleet-lease $lease_line" >&2
  exit 76
}

# Keep other scripts from the lease until `lease_unlock`; fail where there is no folder for it.
lease_lock() {
  [ -d "${lease_renewed%/*}" ] || return 1
  if [ -d "$lease_renewed.lock" ]; then rm -rf -- "$lease_renewed.lock"; fi
  exec 8>> "$lease_renewed.lock"
  flock -w 5 8
}

lease_unlock() { exec 8>&-; }

lease_is_number() { # NUMBER DIGITS
  case $1 in '' | *[!0-9]* | 0?*) return 1 ;; esac
  [ ${#1} -le "$2" ]
}

# Read a line of the disk; fail if it is not whole.
lease_parse() { # FILE
  [ -f "$1" ] || return 1
  read -r lease_token lease_id lease_ttl lease_of lease_since lease_who lease_end << END
$(head -c 2048 "$1" 2> /dev/null)
END
  [ "$lease_end" = . ] && lease_is_number "$lease_token" 15 && lease_is_number "$lease_ttl" 4 &&
    lease_is_number "$lease_since" 9 || return 1
  case $lease_id in *[!0-9a-f]*) return 1 ;; esac
  case $lease_who in *[!A-Za-z0-9+/=]*) return 1 ;; esac
}

# A lease that cannot be read does not hold: a cut or foreign file must not keep every run out. Its
# token is then one more than that of the line before it.
lease_read() {
  read -r lease_now _ < /proc/uptime
  read -r lease_boot < /proc/sys/kernel/random/boot_id
  lease_now=${lease_now%.*} lease_left=0
  if ! lease_parse "$lease_file"; then
    if lease_parse "$lease_file.spare" || lease_parse "$lease_file.old"; then
      lease_token=$((lease_token + 1))
    else
      lease_token=0
    fi
    lease_id=0 lease_ttl=0 lease_of='' lease_since=0 lease_who=''
  fi
  if [ "$lease_ttl" != 0 ]; then
    lease_until=$((lease_since + lease_ttl))
    if [ "$lease_of" != "$lease_boot" ]; then lease_until=$lease_ttl lease_since=0; fi
    if [ -f "$lease_renewed" ]; then
      read -r lease_1 lease_2 lease_3 << END
$(head -c 200 "$lease_renewed" 2> /dev/null)
END
      if [ "$lease_1 $lease_2" = "$lease_token $lease_boot" ] && lease_is_number "$lease_3" 9; then
        lease_until=$lease_3
      fi
    fi
    # No lease can hold for longer than its seconds: such a line was not written by these functions.
    lease_left=$((lease_until - lease_now))
    if [ $lease_left -lt 0 ] || [ $lease_left -gt "$lease_ttl" ]; then lease_left=0; fi
  fi
  if [ "$lease_of" != "$lease_boot" ] || [ "$lease_since" -gt "$lease_now" ]; then lease_since=0; fi
  lease_line="$lease_token $lease_id $lease_left $((lease_now - lease_since)) $lease_who"
}

# What a survey prints; nothing where no run has ever had the lease.
lease_show() {
  lease_read
  [ "$lease_token" = 0 ] || echo "$lease_line"
}

# Write the line so that a power cut leaves the old one or the new one. The new one is written over
# the line before the last, which is then exchanged with the last: a full disk has room for that.
lease_write() { # TOKEN ID SECONDS SINCE WHO
  for lease_name in "$lease_file" "$lease_file.spare" "$lease_file.old"; do
    if [ -h "$lease_name" ] || { [ -e "$lease_name" ] && [ ! -f "$lease_name" ]; }; then
      rm -rf -- "$lease_name"
    fi
  done
  if [ "$lease_file" -ef "$lease_file.spare" ]; then rm -f -- "$lease_file.spare"; fi
  if [ -f "$lease_file.old" ]; then
    if [ -f "$lease_file.spare" ] || [ "$lease_file" -ef "$lease_file.old" ]; then
      rm -f -- "$lease_file.old"
    else
      mv -f -T -- "$lease_file.old" "$lease_file.spare"
    fi
  fi
  mkdir -p "${lease_file%/*}" || return 1
  if ! lease_fill "$@"; then
    rm -f -- "$lease_file.spare"
    return 1
  fi
  if [ ! -f "$lease_file" ]; then
    mv -f -T -- "$lease_file.spare" "$lease_file" || return 1
    lease_fill 0 0 0 0 '' || rm -f -- "$lease_file.spare"
  elif ! { ln -- "$lease_file" "$lease_file.old" &&
    mv -f -T -- "$lease_file.spare" "$lease_file" &&
    mv -f -T -- "$lease_file.old" "$lease_file.spare"; }; then
    return 1
  fi
  sync "${lease_file%/*}"
}

lease_fill() { # as lease_write
  (umask 077 && printf '%-2047s\n' "$1 $2 $3 $lease_boot $4 $5 ." 1<> "$lease_file.spare") &&
    sync "$lease_file.spare"
}

lease_extend() { # TOKEN UPTIME
  if [ -d "$lease_renewed" ]; then rm -rf -- "$lease_renewed"; fi
  (umask 077 && echo "$1 $lease_boot $2" > "$lease_renewed.new") 2> /dev/null &&
    mv -f -T -- "$lease_renewed.new" "$lease_renewed"
}

# A script that changes the board begins with this, under the board's lock. The run has the lease
# with this token, or takes it: if the last lease is the one before it, as the run saw when it
# surveyed the board, and has ended, was its own, or is taken over.
lease_hold() { # ID TOKEN SECONDS WHO over|wait
  lease_lock || exit 1
  lease_read
  if [ "$lease_id $lease_token" = "$1 $2" ]; then
    # Another run may have surveyed the board since it ended.
    [ "$lease_left" -gt 0 ] || lease_refuse
  else
    [ $((lease_token + 1)) = "$2" ] || lease_refuse
    [ "$lease_left" = 0 ] || [ "$lease_id" = "$1" ] || [ "$5" = over ] || lease_refuse
    lease_said=$(lease_write "$2" "$1" "$3" "$lease_now" "$4" 2>&1) || {
      echo "$lease_file cannot be written (${lease_said##*: }): make room on its disk, or look" \
        "at \`dmesg\` if it is read-only" >&2
      exit 1
    }
  fi
  lease_extend "$2" $((lease_now + $3)) || {
    echo "$lease_renewed cannot be written: make room in /run, or reboot the board" >&2
    exit 1
  }
  lease_unlock
}

# A script that reads renews the lease with this.
lease_renew() { # ID SECONDS
  lease_lock || return 0
  lease_read
  if [ "$lease_id" != "$1" ]; then
    [ "$lease_id" = 0 ] || lease_refuse
  elif [ "$lease_left" -gt 0 ]; then
    lease_extend "$lease_token" $((lease_now + $2)) || true
  fi
  lease_unlock
}

lease_release() { # ID
  lease_lock || return 0
  lease_read
  if [ "$lease_id" = "$1" ] && [ "$lease_ttl" != 0 ]; then
    lease_extend "$lease_token" 0 || true
    # Without it, the lease holds once more after a reboot, and then ends.
    lease_write "$lease_token" "$1" 0 "$lease_now" "$lease_who" 2> /dev/null || true
  fi
  lease_unlock
}
