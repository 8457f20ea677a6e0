#!/bin/sh
# mount.sh format DEVICE TYPE LABEL
#   makes one partition with a filesystem on a blank disk; it has the GPT name LABEL-new until it is
#   finished, so that a run that died in between is continued
# mount.sh mount DEVICE TYPE UUID FOLDER OPTIONS
#   mounts it by /etc/fstab; an empty UUID is read from the first partition
# DEVICE may be a name such as /dev/disk/by-id/nvme-…: what it leads to is used.
set -eu

# udev reads the partition table again after each write to it, and the partition goes and comes
# meanwhile: first everything that is under way has to settle.
wait_for() { # SENTENCE CONDITION...
  sentence=$1
  shift
  tries=0
  udevadm settle --timeout=30 2>/dev/null || true
  until "$@"; do
    [ $((tries % 50)) -ne 49 ] || partx -u "$device" 2>/dev/null || true
    [ "$tries" -lt 200 ] || { echo "$sentence" >&2; exit 1; }
    tries=$((tries + 1))
    sleep 0.1
  done
}

# Only a whole disk has partitions: a table on another device would be written, and never read.
check_whole() {
  numbers=$(stat -c '0x%t 0x%T' -- "$device")
  entry=/sys/dev/block/$((${numbers% *})):$((${numbers#* }))
  if [ -e "$entry/partition" ] || [ -e "$entry/dm" ]; then
    echo "$device is not a whole disk: nothing was written" >&2
    exit 1
  fi
}

# blank.py has checked the disk right before.
make_partition() { # LABEL
  check_whole
  label=$(sfdisk -q --part-label "$device" 1 2>/dev/null || true)
  [ "$label" != "$1-new" ] || return 0
  printf 'label: gpt\ntype=linux, name=%s-new\n' "$1" |
    sfdisk -q --wipe never --no-reread "$device"
}

format() { # LABEL
  make_partition "$1"
  wait_for "the partition $partition did not appear" [ -b "$partition" ]
  case $type in ext*) force=-F ;; *) force=-f ;; esac
  "mkfs.$type" -q "$force" "$partition"
  sync
  sfdisk -q --no-reread --part-label "$device" 1 "$1"
}

read_uuid() {
  uuid=$(blkid -p -s UUID -o value -- "$partition" 2>/dev/null) &&
    [ -e "/dev/disk/by-uuid/$uuid" ]
}

# Where /etc/fstab is a link, as on a board whose /etc is kept in a repository, the link stays. A user
# who can write in a folder on the way could have another file replaced.
check_place() { # FILE
  at=${1%/*}
  while [ -n "$at" ]; do
    if [ "$(stat -c %u -- "$at")" != 0 ] || [ -n "$(find "$at" -maxdepth 0 -perm /022)" ]; then
      echo "/etc/fstab is a link to $1, and others than root can write in $at: nothing was written;" \
        "make that folder root's, or replace the link by the file" >&2
      exit 1
    fi
    at=${at%/*}
  done
}

# The file keeps its owner, mode and attributes, and nobody else reads it before it has them.
write_fstab() { # UUID FOLDER OPTIONS
  fstab=$(readlink -f /etc/fstab)
  [ "$fstab" = /etc/fstab ] || check_place "$fstab"
  new=$fstab.jetfleet-new
  rm -rf -- "$new"
  (
    umask 077
    # One mount point has several spellings: /ssd/ is /ssd.
    awk -v m="$2" '{
      at = $2
      gsub(/\/+/, "/", at)
      if (at != "/") sub(/\/$/, "", at)
      if ($1 ~ /^#/ || at != m) print
    }' "$fstab" > "$new"
    printf 'UUID=%s %s %s %s 0 2\n' "$1" "$2" "$type" "$3" >> "$new"
  )
  if cmp -s "$new" "$fstab"; then
    rm -f -- "$new"
    return
  fi
  changed=yes
  cp --attributes-only --preserve=mode,ownership -- "$fstab" "$new"
  cp --attributes-only --preserve=xattr -- "$fstab" "$new" 2>/dev/null || true
  sync -- "$new"
  mv -f -T -- "$new" "$fstab"
  sync -- "${fstab%/*}"
}

mount_it() { # UUID FOLDER OPTIONS
  uuid=$1
  [ -n "$uuid" ] || wait_for "the filesystem on $device has no UUID" read_uuid
  mkdir -p -- "$2"
  changed=
  write_fstab "$uuid" "$2" "$3"
  systemctl daemon-reload
  if ! findmnt -n --mountpoint "$2" >/dev/null; then
    mount -- "$2"
  elif [ -n "$changed" ]; then
    # Options that a mounted filesystem cannot take hold from the next boot on.
    mount -o remount -- "$2" 2>/dev/null || true
  fi
}

main() {
  action=$1 type=$3
  device=$(readlink -f -- "$2") && [ -b "$device" ] || { echo "no disk at $2" >&2; exit 1; }
  case $device in *[0-9]) partition=${device}p1 ;; *) partition=${device}1 ;; esac
  shift 3
  case $action in
    format) format "$@" ;;
    mount) mount_it "$@" ;;
    *) echo "mount.sh: $action?" >&2; exit 2 ;;
  esac
}

# The program may stand on standard input itself, where no command may read it.
main "$@" </dev/null
