# Reads Docker: its packages, settings, flags, and what of it jetfleet did not make. Changes nothing.
#
# Its section has a limit, and names the program that reached it: so none has a limit of its own.
# It stands behind image_store.sh. $1 is the data-root of the spec, or empty.

config=/etc/docker/daemon.json
started_with=/run/jetfleet/docker-started-with.json
items=/var/lib/jetfleet/docker-items.json
raw_rules=DOCKER_INSECURE_NO_IPTABLES_RAW=1
data_root=$1

# shellcheck disable=SC2154 # what reads packages stands before this program
echo "$packages"
dockerd='' version=unknown
[ -x /usr/bin/dockerd ] || [ -x /usr/sbin/dockerd ] && dockerd=yes && echo dockerd=yes
case $packages in
  *docker*[=:]2[89].* | *docker*[=:][3-9][0-9].*) version=new ;;
  *docker*=installed*) version=old ;;
esac

# Docker 28 and later needs iptables' raw table for bridges, and so may the engine that is installed
# next.
if [ "$version" != old ]; then
  if modprobe -n iptable_raw; then
    echo raw_table=yes
  elif [ "$dockerd" ]; then
    if systemctl show -p Environment docker.service | grep -qwF "$raw_rules" ||
      grep -qzxF "$raw_rules" "/proc/$(cat /run/docker.pid)/environ"; then
      echo raw_rules=no
    fi
  fi
fi

set --
for f in "$config" "$started_with"; do
  [ -f "$f" ] || continue
  set -- "$@" "$f"
  echo "$f $(head -c 1048576 "$f" | base64 -w0)"
done
[ ! -f "$items" ] || echo "$items $(head -c 1048576 "$items" | base64 -w0)"
feature=''
[ $# -eq 0 ] || ! grep -q containerd-snapshotter "$@" || feature=yes
[ -f "$config.jetfleet-old" ] && echo backup=yes
[ "$data_root" ] && [ -f "$data_root/.jetfleet-copy" ] && echo copy=yes
if [ -f /run/jetfleet/docker-proxy ]; then
  read -r proxy _ </run/jetfleet/docker-proxy
  echo "proxy=$proxy"
fi

# Flags of dockerd, without their values, which may hold passwords. Other commands of a unit have
# flags of their own, such as `-s` of `kill`. A --config-file that names the usual file says nothing.
flags_in() {
  awk -v config="$config" '/^[ \t]*[#;]/ { next }
  !continued { other = /^[ \t]*Exec/ && !/^[ \t]*ExecStart[ \t]*=/ }
  { continued = /\\$/ }
  other { next }
  {
    sub(/^[A-Za-z_]+=/, "")
    gsub(/["\047]/, " ")
    for (i = 1; i <= NF; i++) if ($i ~ /^--?[A-Za-z]/) {
      if ($i == "--config-file=" config || $i == "--config-file" && $(i + 1) == config) continue
      sub(/=.*/, "", $i)
      print "flag", FILENAME, $i
    }
  }' "$@"
}
set --
changed=''
for f in /lib/systemd/system/docker.service /lib/systemd/system/docker.service.d/*.conf \
  /run/systemd/system/docker.service /run/systemd/system/docker.service.d/*.conf \
  /etc/systemd/system/docker.service /etc/systemd/system/docker.service.d/*.conf \
  /etc/default/docker; do
  [ -f "$f" ] || continue
  set -- "$@" "$f"
  # A file that changes the package's unit can take its flags away.
  case $f in
    /lib/systemd/system/docker.service | */jetfleet.conf | /etc/default/docker) ;;
    *) changed=yes ;;
  esac
done
flags=''
[ $# -eq 0 ] || flags=$(flags_in "$@")
echo "$flags"
others=$changed
while read -r _ _ flag; do
  case $flag in '' | -H* | --containerd) ;; *) others=yes ;; esac
done <<END
$flags
END
# Most units have only the flags of the package, and systemd takes as long to answer as all the rest.
if [ "$others" ]; then
  start=$(systemctl show -p ExecStart docker.service)
  case $start in
    *\$*) start="$start $(tr '\0' ' ' <"/proc/$(cat /run/docker.pid)/cmdline")" ;;
  esac
  echo effective
  echo "$start" | flags_in - | sed 's/^flag [^ ]*/effective/'
  case $start in *--iptables=false*) echo iptables=no ;; esac
fi

# The daemon was not started with the data-root of the spec.
moves() {
  [ "$data_root" ] || return 1
  f=$started_with
  [ -f "$f" ] || f=$config
  [ -f "$f" ] || return 0
  while IFS= read -r line || [ "$line" ]; do
    case $line in *'"data-root"'*"\"$data_root\""* | *'"data-root"'*"\"$data_root/\""*) return 1 ;; esac
  done <"$f"
}
if { read -r engine || [ -d "/proc/${engine:-none}" ]; } < /run/docker.pid; then
  store=''
  if [ "$version" != old ] || [ "$feature" ]; then
    image_store || store=unknown
    echo "store=$store $images"
  fi
  if moves || { [ "$data_root" ] && [ "$store" = containerd ]; }; then
    # shellcheck disable=SC2046 # ids have no blanks, and each is an argument
    set -- $(docker image ls -q --no-trunc | sort -u)
    [ $# -eq 0 ] || docker image inspect -f 'image {{.Size}}' "$@"
    docker volume ls -q | sed 's/^/volume /'
    if [ -f "$data_root/.jetfleet-moved" ]; then
      echo target=moved
    else
      [ -z "$(ls -A "$data_root")" ] || echo target=data
    fi
  fi
fi
true
