"""The system of a board for tests of drift: in a spec, on a flashed board, and what breaks it.

Swap, on a disk and in memory, the machine's clock and most parameters of its kernel belong to all
twins together: the clock is a program that stands for `date`, and the parameter is one of the
twin's own network.
"""

from __future__ import annotations

from typing import Any

from ruamel.yaml import YAML

from tests.support.apt_repository import FOLDER, INDEX
from tests.support.rendered import DESK

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMadeUpKeyOfATestcanary0000000000000000 ada@laptop"
UNITS = "/etc/systemd/system"

# A clock in 1970 until it is set; it never sets that of the machine.
DATE = """cat > /usr/local/bin/date <<'END'
#!/bin/sh
case "$*" in
  -s*) echo "$2" > /run/clock-set ;;
  +%s) if [ -e /run/clock-set ]; then exec /bin/date +%s; else echo 4000; fi ;;
  *) exec /bin/date "$@" ;;
esac
END
chmod 755 /usr/local/bin/date; rm -f /run/clock-set
"""

# A program that compiles locales, and packages in two versions. No twin has them.
TOOLS = f"""set -e
cd /usr/local/bin
printf '#!/bin/sh\\nfor name; do :; done\\necho "$name" >> /run/locales\\n' > localedef
printf '#!/bin/sh\\necho C\\ncat /run/locales 2>/dev/null | sed s/UTF-8/utf8/\\n' > locale
chmod 755 localedef locale
for package in pinned=1.0 pinned=2.0 junk=1.0 locales=99 tzdata=99; do
  folder=/tmp/$package; mkdir -p $folder/DEBIAN
  printf 'Package: %s\\nVersion: %s\\nArchitecture: all\\nMaintainer: a\\nDescription: a\\n' \\
    "${{package%=*}}" "${{package#*=}}" > $folder/DEBIAN/control
  dpkg-deb -Znone -b $folder {FOLDER}/$package.deb >/dev/null
done
dpkg -i {FOLDER}/junk=1.0.deb {FOLDER}/pinned=2.0.deb >/dev/null
cd /usr/share/zoneinfo
[ -e Europe/Berlin ] || {{ mkdir -p Europe; cp /etc/localtime Europe/Berlin; }}
{INDEX}"""

# A board as flashed: a desktop, and a service that a board without a screen does not need.
FLASHED = f"""set -e
for unit in display-manager bluetooth reader; do
  printf '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n' \\
    > {UNITS}/$unit.service
done
systemctl daemon-reload
systemctl set-default graphical.target
systemctl start display-manager reader
systemctl enable --now bluetooth
groupadd -f video
"""

SYSTEM: dict[str, Any] = {
    "hostname": "desk",
    "timezone": "Europe/Berlin",
    "locale": "de_DE.UTF-8",
    "extra_hosts": {"registry.lab.example": "192.0.2.9"},
    "clock": {"set": True},
    "desktop": "off",
    "headless": True,
    "users": {"ada": {"groups": ["docker", "video"], "keys": [KEY]}},
    "apt": {
        "packages": {"aria2": "installed", "pinned": "1.*", "junk": "absent"},
        "hold": ["docker"],
    },
    "files": {"/etc/reader.conf": {"content": "words\n", "restart": ["reader.service"]}},
    "units": {
        "own.service": {
            "content": "[Service]\nExecStart=/bin/sleep infinity\n"
            "[Install]\nWantedBy=multi-user.target\n"
        }
    },
    "journal": {"max_use": "100m"},
    "sysctl": {"net.ipv4.ip_default_ttl": 63},
    "certificates": YAML(typ="safe").load(DESK)["hosts"]["desk"]["certificates"],
}

DRIFTS = {
    "Switch the desktop on or off": "systemctl set-default graphical.target",
    "Switch bluetooth.service off": "systemctl enable bluetooth",
    "Set the host name": "hostname other",
    "Set the time zone": "ln -sfn /usr/share/zoneinfo/Etc/UTC /etc/localtime",
    "Make the locale de_DE.UTF-8": "rm /run/locales",
    "Install aria2": "dpkg --remove aria2",
    "Install pinned in its version": f"dpkg -i {FOLDER}/pinned=2.0.deb",
    "Remove junk": f"dpkg -i {FOLDER}/junk=1.0.deb",
    "Write names into /etc/hosts": "sed -i /registry.lab/d /etc/hosts",
    "Set up the user ada": "gpasswd -d ada video",
    "Hold the packages docker": "echo docker.io install | dpkg --set-selections",
    "Set parameters of the kernel": "sysctl -q -w net.ipv4.ip_default_ttl=64",
    "Run own.service": "systemctl stop own",
    "Run systemd-journald.service": f"rm {UNITS}/systemd-journald.service.d/jetfleet-files.conf; "
    "systemctl daemon-reload; systemctl restart systemd-journald",
    "Trust the certificate jetfleet-lab": "rm /etc/ssl/certs/ca-certificates.crt; "
    "touch /etc/ssl/certs/ca-certificates.crt",
}
