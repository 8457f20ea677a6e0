"""The same files, units and packages as bench/stock.py, as a playbook of Ansible.

Ansible is no dependency of the project: the first run installs it into a folder of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.stock_resources import daemon_text, units_of
from bench.taken import Way
from jetfleet.resources import (
    Daemon,
    File,
    Filesystem,
    Image,
    Model,
    Package,
    Resource,
)
from tests.support.hub_clients import installed
from twins.fleet import TwinInfo

PROGRAMS = ("ansible-core==2.19.14", "mitogen==0.3.54")
"""Of one time: this release of Mitogen takes the releases of Ansible up to this one."""

ROUNDS = 2
"""They take half a minute each."""

DAEMON = "/etc/docker/daemon.json"

Task = Mapping[str, Any]


class Ansible:
    """Ansible on some twins, with a playbook that wants what they have."""

    def __init__(
        self,
        folder: Path,
        twins: Mapping[str, TwinInfo],
        wanted: Mapping[str, Sequence[Resource[Any]]],
    ) -> None:
        self.folder = folder
        self.programs = installed(PROGRAMS)
        hosts = {
            name: {"ansible_host": twin.address, "ansible_user": twin.user}
            for name, twin in twins.items()
        }
        one = next(iter(twins.values()))
        known = f"-o UserKnownHostsFile={one.known_hosts}"
        group = {
            "hosts": hosts,
            "vars": {
                "ansible_become": True,
                "ansible_python_interpreter": "/usr/bin/python3",
                "ansible_ssh_common_args": known,
                "ansible_ssh_private_key_file": str(one.key),
            },
        }
        same = [*tasks(next(iter(wanted.values())))]
        if any([*tasks(of)] != same for of in wanted.values()):
            raise SystemExit("one playbook cannot say what these boards want: they are not equal")
        for name, resources in wanted.items():
            lay_out(folder / "files" / name, resources)
        play = {"hosts": "all", "gather_facts": False, "tasks": same}
        # JSON is YAML, and needs no program that writes it.
        (folder / "hosts.json").write_text(json.dumps({"all": group}), encoding="utf-8")
        (folder / "play.json").write_text(json.dumps([play]), encoding="utf-8")
        self.forks = len(hosts)

    def way(self, *, mitogen: bool) -> Way:
        """Return a run of the playbook."""
        environ = {
            "ANSIBLE_FORKS": str(self.forks),
            "ANSIBLE_HOME": str(self.folder / "home"),
            "ANSIBLE_LOCALHOST_WARNING": "False",
            "ANSIBLE_PIPELINING": "True",
            "PYTHONPATH": "",
        }
        if mitogen:
            plugins = next(self.programs.parent.glob("lib/*/site-packages/ansible_mitogen"))
            environ["ANSIBLE_STRATEGY_PLUGINS"] = str(plugins / "plugins/strategy")
            environ["ANSIBLE_STRATEGY"] = "mitogen_linear"
        command = (str(self.programs / "ansible-playbook"), "-i", "hosts.json", "play.json")
        # Of all hosts, to the last line.
        unchanged = r"PLAY RECAP \*+\n(\S+ +: ok=\d+ +changed=0 .*\n)+\s*\Z"
        return Way(command, self.folder, environ, expected=unchanged, rounds=ROUNDS)


def tasks(wanted: Iterable[Resource[Any]]) -> Iterator[Task]:
    """Yield the tasks; each looks at what the operation in bench/stock.py looks at."""
    mine = [*wanted]
    for one in mine:
        if isinstance(one, File):
            yield _copy(one.path, one.mode, one.owner, one.group)
        elif isinstance(one, Daemon):
            yield _copy(DAEMON, "644", "root", "root")
        elif isinstance(one, Filesystem):
            line = f"^UUID=.* {one.mount} ext4 "
            yield _look("Mount at boot", ["grep", "-Eq", line, "/etc/fstab"])
            yield _look("Mount now", ["mountpoint", "-q", one.mount])
        elif isinstance(one, Image):
            yield _look(f"Pull {one.id}", ["docker", "image", "inspect", one.id])
        elif isinstance(one, Model):
            for part in one.files:
                where = {"path": f"{one.folder}/{part.path}", "state": "file"}
                of = {**where, "mode": "0644", "owner": "root", "group": "root"}
                yield {"name": f"Have {part.path}", "ansible.builtin.file": of}
        elif isinstance(one, Package):
            # Ansible's own module needs python3-apt on the host.
            yield _look(f"Install {one.name}", ["dpkg-query", "-W", one.name])
    for unit in units_of(mine):
        of = {"name": unit, "state": "started", "enabled": True}
        yield {"name": f"Run {unit}", "ansible.builtin.systemd_service": of}


def lay_out(folder: Path, resources: Iterable[Resource[Any]]) -> None:
    """Write the files of a host, for the tasks that copy them."""
    for one in resources:
        if isinstance(one, File | Daemon):
            path = one.path if isinstance(one, File) else DAEMON
            target = folder / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            text = one.content if isinstance(one, File) else daemon_text(one)
            target.write_text(text, encoding="utf-8")


def _copy(path: str, mode: str, owner: str, group: str) -> Task:
    source = f"files/{{{{ inventory_hostname }}}}{path}"
    of = {"src": source, "dest": path, "mode": f"0{mode}", "owner": owner, "group": group}
    return {"name": f"Put {path}", "ansible.builtin.copy": of}


def _look(name: str, command: list[str]) -> Task:
    return {"name": name, "ansible.builtin.command": {"argv": command}, "changed_when": False}
