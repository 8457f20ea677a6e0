#!/bin/sh
# pull.sh REFERENCE MARK LABEL, behind image_store.sh
#   pulls an image; the file MARK lies on the board until all of the image is on its disk;
#   LABEL is one that the containers of services have
set -eu

# Docker does not sync the layers that it unpacks. After a power cut their files are empty, and
# Docker takes them for whole: those of an image, and those of one that it had not pulled to its end.
# MARK says in which boot the pull began; a later one relies on nothing of it.
check_mark() {
  boot=$(cat /proc/sys/kernel/random/boot_id)
  doubtful=
  if [ -d "$mark" ] && [ ! -L "$mark" ] && ! rmdir -- "$mark" 2>/dev/null; then
    echo "$mark is a folder: move it away" >&2
    exit 1
  fi
  if [ ! -e "$mark" ] && [ ! -L "$mark" ]; then
    write_mark
  elif [ ! -f "$mark" ] || [ "$(head -c 100 -- "$mark" | tr -d '\0')" != "$boot" ]; then
    doubtful=yes
  fi
}

write_mark() {
  mkdir -p -- "${mark%/*}"
  chmod 700 -- "${mark%/*}"
  rm -rf -- "$mark.jetfleet-new"
  echo "$boot" > "$mark.jetfleet-new"
  sync -- "$mark.jetfleet-new"
  mv -f -T -- "$mark.jetfleet-new" "$mark"
  sync -- "${mark%/*}"
}

# Docker lists an image of which it cannot read the layers. Where a service has it, its unit started
# it at the boot; it is started again by its unit. Containers of others stay, and are named.
drop() {
  for image in $(docker images -q --no-trunc "$reference"); do
    for container in $(docker ps -aq --filter "ancestor=$image" --filter "label=$label"); do
      docker rm -f "$container" >/dev/null || true
    done
    docker rmi -f "$image" || {
      echo "an earlier pull of it was cut off: remove the containers that have it, and run again" >&2
      exit 1
    }
  done
}

pull() {
  if [ -z "$doubtful" ]; then
    docker pull "$reference"
    return
  fi
  drop
  said=$(docker pull "$reference")
  echo "$said"
  # Layers that no image has can be removed only with one that has them.
  case $said in
    *'Already exists'*)
      drop
      docker pull "$reference"
      ;;
  esac
}

is_readable() { docker image inspect "$reference" >/dev/null; }

sync_images() {
  engine_root='' images=''
  image_store
  for folder in "$engine_root" "$images" /var/lib/containerd; do
    [ ! -d "$folder" ] || sync -f -- "$folder"
  done
}

main() {
  reference=$1 mark=$2 label=$3
  check_mark
  pull
  is_readable || {
    doubtful=yes
    pull
    is_readable || {
      echo "Docker cannot read what it pulled: look at \`journalctl -u docker\` and \`dmesg\`, and run again" >&2
      exit 1
    }
  }
  sync_images
  rm -f -- "$mark"
  sync -- "${mark%/*}"
}

main "$@" </dev/null
