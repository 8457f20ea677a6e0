# Functions that say where the running Docker engine keeps images.
#
# Since Docker 29 a fresh engine keeps them in containerd's image store, which does not use data-root
# (https://docs.docker.com/engine/storage/containerd/).

# Set `store` to `docker` or `containerd`, `images` to the folder and `engine_root` to the engine's
# own; fail without an answer.
image_store() {
  # shellcheck disable=SC2034 # what asks for the room reads only the folder
  store=docker images=''
  about=$(timeout 20 docker info -f '{{.DockerRootDir}}{{"\n"}}{{json .DriverStatus}}') || return 1
  engine_root=${about%%"
"*}
  images=$engine_root
  case $about in
    *io.containerd.snapshotter.*)
      # shellcheck disable=SC2034 # as above
      store=containerd
      containerd_root
      ;;
  esac
}

# Set `images` to containerd's root: its option, else what its settings say, else the usual folder.
containerd_root() {
  pid=$(systemctl show -p MainPID --value containerd.service)
  root='' last='' settings=/etc/containerd/config.toml
  if [ "${pid:-0}" = 0 ]; then
    # dockerd has started a containerd of its own.
    settings=/run/docker/containerd/containerd.toml
  else
    while IFS= read -r word; do
      case $last in --config | -c) settings=$word ;; --root) root=$word ;; esac
      case $word in --config=*) settings=${word#*=} ;; --root=*) root=${word#*=} ;; esac
      last=$word
    done <<END
$(tr '\0' '\n' <"/proc/$pid/cmdline")
END
  fi
  # A file that it imports may have the root; a section of the file has one of its own.
  [ "$root" ] || [ ! -f "$settings" ] || root=$(
    if grep -q '^ *imports *=' "$settings"; then
      timeout 20 containerd --config "$settings" config dump
    else
      cat "$settings"
    fi | sed -n "/^ *\[/q; s/^ *root *= *[\"']\([^\"']*\)[\"'].*/\1/p"
  )
  images=${root:-/var/lib/containerd}
}
