#!/bin/sh
# Limits of time for a script and its sections, and the frames of what they print.
#
# It is sent before each script (jetfleet/transport/script.py). The shell that reads it leads a
# session of its own, so that everything that the script starts is found by its session.
# $limit_frame is a word that is random in each run: no file on the board can hold it.
# shellcheck disable=SC2154 # the word is assigned before this text

# End every process of this session, and print which program the script waited for.
# The leader of the session, the caller and the watchers of the script stay.
limit_end_others() {
  trap '' TERM
  read -r limit_own limit_rest < /proc/self/stat
  limit_rest=${limit_rest##*) }
  limit_rest=${limit_rest#* }
  limit_keep=" $$ $limit_own ${limit_rest%% *} ${limit_watcher:-} "
  limit_first='' limit_words='' limit_self=$(limit_command $$) limit_pids='' limit_parents=' '
  # First all are looked at, for one may end with another. Signal 0 ends nothing: what was asked to
  # end has two seconds for it.
  for limit_signal in look TERM 0 KILL KILL; do
    limit_left=
    for limit_stat in /proc/[0-9]*/stat; do
      { read -r limit_line < "$limit_stat"; } 2>/dev/null || continue
      limit_pid=${limit_line%% *}
      # shellcheck disable=SC2086 # state, parent, group and session, each an argument
      set -- ${limit_line##*) }
      [ "${4:-}" = $$ ] && [ "$1" != Z ] || continue
      case $limit_keep in *" $limit_pid "*) continue ;; esac
      if [ $limit_signal = look ]; then
        limit_pids="$limit_pids $limit_pid" limit_parents="$limit_parents$2 "
        continue
      fi
      kill "-$limit_signal" "$limit_pid" 2>/dev/null
      limit_left=yes
    done
    if [ $limit_signal = look ]; then
      # A program that waits for another one of its own is not what hangs.
      for limit_pid in $limit_pids; do
        case $limit_parents in *" $limit_pid "*) ;; *) limit_note "$limit_pid" ;; esac
      done
      continue
    fi
    [ -n "$limit_left" ] || break
    sleep 1
  done
  # Nothing may read this output any more.
  timeout -s KILL 5 printf '\n%s hung %.200s\n' "$limit_frame" "$limit_words"
}

# Print the command line of a process.
limit_command() {
  { tr '\0\n' '  ' < "/proc/$1/cmdline"; } 2>/dev/null
}

# Remember the command line of a process if it is older than the one that is remembered, and
# neither a part of the script itself nor a limit of its own.
limit_note() {
  [ -z "$limit_first" ] || [ "$1" -lt "$limit_first" ] || return 0
  limit_said=$(limit_command "$1")
  case $limit_said in ''|"$limit_self"|'timeout '*|'sleep '*'.000 ') return 0 ;; esac
  limit_first=$1 limit_words=$limit_said
}

# End what a watcher waits for. A shell that was forked and has not yet begun its program loses a
# signal that its parent has a trap for, such as TERM. HUP has no trap here, but may be ignored.
# shellcheck disable=SC2329 # not every script has a watcher
limit_let_go() { # PID
  kill -HUP "$1" 2>/dev/null
  kill "$1" 2>/dev/null
}

# Start the watcher of the script: it ends the script after $1 seconds, or when the connection is
# gone. Descriptor 3 is the connection; with `-` as $2 there is no connection.
# shellcheck disable=SC2329 # a survey alone does not call it
limit_watch() {
  (
    limit_before=$!
    trap '[ "$!" = "$limit_before" ] || limit_let_go "$!"; exit 0' TERM
    # In a session of its own, so that it is not found as one that the script started; without the
    # lock of the board, which it could have longer than the script.
    if [ "${2:-}" = - ]; then
      setsid timeout "$1" sleep infinity >/dev/null 2>&1 9>&- &
    else
      setsid timeout "$1" cat <&3 >/dev/null 2>&1 9>&- &
    fi
    wait "$!"
    limit_ended=$?
    limit_end_others
    # The status of timeout(1) for a limit; any other end is one of the connection.
    [ "$limit_ended" = 124 ] && exit 124
    exit 125
  ) &
  limit_watcher=$!
}

# Stop a watcher; succeed if it has ended what it watched. $limit_why is `limit`, or `cut` if the
# connection was gone.
# shellcheck disable=SC2034 # sections do not read it: they have no connection of their own
limit_was_reached() {
  kill "$1" 2>/dev/null
  wait "$1" 2>/dev/null
  case $? in
    124) limit_why='limit' ;;
    125) limit_why='cut' ;;
    *) return 1 ;;
  esac
}

# Begin a section with a limit in seconds. After one that hung, others have five seconds: the same
# program hangs again, as a rule.
limit_begin() {
  limit_seconds=$2
  [ -z "${limit_hung:-}" ] || [ "$2" -gt 20 ] || limit_seconds=5
  printf '%s begin %s\n' "$limit_frame" "$1"
  (
    limit_before=$!
    trap '[ "$!" = "$limit_before" ] || limit_let_go "$!"; exit 0' TERM
    # The form of the number marks it: it is not what hangs.
    sleep "$limit_seconds.000" >/dev/null 2>&1 &
    wait "$!"
    limit_end_others
    exit 124
  ) &
  limit_sitter=$!
}

# Fail if one of these files is too large to be printed, and say which one.
# shellcheck disable=SC2329 # not every script that reads prints a file
limit_small() {
  limit_large=$(find -L "$@" -maxdepth 0 -type f -size +1024k -print -quit 2>/dev/null)
  [ -n "$limit_large" ] || return 0
  printf '\n%s large %.200s\n' "$limit_frame" "$limit_large"
  return 1
}

# End a section that ended with a status.
limit_end() {
  limit_status=$2
  if limit_was_reached "$limit_sitter"; then limit_hung=yes limit_status="limit $limit_seconds"; fi
  printf '\n%s end %s %s\n' "$limit_frame" "$1" "$limit_status"
}
