# Reads Docker's packages, and what apt has of those that are missing. Changes nothing.
#
# $1 is the version of the engine, $2 that of the toolkit: a pattern, or `never`.

names='docker.io docker-ce nvidia-container-toolkit'

# shellcheck disable=SC2154 # what reads packages stands before this program
echo "$packages" | sed '/./s/^/package /'
dockerd='' runtime=''
[ -x /usr/bin/dockerd ] || [ -x /usr/sbin/dockerd ] && dockerd=yes && echo program=dockerd
[ -x /usr/bin/nvidia-container-runtime ] && runtime=yes && echo program=nvidia-container-runtime

# A package that begins with $1 is installed in the version $2.
installed() {
  while read -r name version status; do
    case $status in triggers-*) status=installed ;; esac
    # shellcheck disable=SC2254 # patterns
    case $status/$name/$version/${version#*:} in
      installed/$1*/$2/* | installed/$1*/*/$2) return 0 ;;
    esac
  done <<END
$packages
END
  return 1
}

# A package that begins with $1 is half installed.
broken() {
  echo "$packages" | grep "^$1" |
    grep -qvE ' (installed|triggers-[a-z]*|config-files|not-installed)$'
}

# A program without a package, as an image of a vendor may have it, is left as it is.
lacks() {
  [ "$2" != never ] || return 1
  ! broken "$1" || return 0
  [ "$2" != '*' ] || [ -z "$3" ] || return 1
  ! installed "$1" "$2"
}

if lacks docker "$1" "$dockerd" || lacks nvidia "$2" "$runtime"; then
  modprobe -n iptable_raw && echo raw_table=yes
  set -- /var/lib/apt/lists/*Packages*
  [ -e "$1" ] && echo lists=yes
  # What apt chooses by itself stands first.
  # shellcheck disable=SC2086 # three names
  apt-cache policy $names | awk '/^[^ ]/ { name = substr($1, 1, length($1) - 1) }
    $1 == "Candidate:" && $2 != "(none)" { print "offer", name, $2 }'
  # shellcheck disable=SC2086 # three names
  apt-cache madison $names | awk 'NF > 4 { print "offer", $1, $3 }'
  for name in $names; do
    apt-get -o Debug::NoLocking=1 -qq -y --print-uris --no-install-recommends install "$name" |
      awk -v name="$name" '$1 ~ /^.https?:/ { bytes += $3 } END { print "fetch", name, bytes + 0 }'
  done
fi
true
