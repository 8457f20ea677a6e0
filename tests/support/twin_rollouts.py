"""Rollouts on equal twins by the command of a person, and what the boards say of them."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.support.lab import LLM, Lab, Spec, no_reboot
from tests.support.pyinfra import BIN, ROOT

QUICK = ["verified", "in-sync", "no-restarts"]
RATE = {"tokens_per_second": {"service": "cosmos", "requests": "5..30"}}
PACE = "0.008"
"""Of the stand-in: a request of 64 tokens takes half a second."""

IGNORED = "*.twins.*\n__pycache__\n*.json\n"
READY_TIMEOUT = 20
BOUNDED = {"host": "5m", "silence": "1m", "wave": "1h", "lease_wait": "1m"}
"""Deadlines of a rollout."""


@dataclass
class TwinRollouts:
    """Equal twins, the clone of their spec, and the rollouts of a person who has this state."""

    lab: Lab
    state: Path
    hosts: tuple[str, ...]
    plans: int = 0
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def commit(self, name: str, **env: str) -> str:
        """Let each board serve with this environment, and commit that."""

        def edit(spec: Spec) -> None:
            told = {"JETFLEET_STANDIN_TOKEN_SECONDS": PACE, "CHANGE": name, **env}
            service = {"env": told, "ready_timeout": READY_TIMEOUT}
            spec["defaults"]["services"]["cosmos"] |= service

        self.lab.rewrite(edit)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", name)
        return self.git("rev-parse", "HEAD")

    def git(self, *words: str) -> str:
        """Run git in the clone."""
        named = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com"]
        command = ["git", "-C", str(self.lab.spec.parent), *named, *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def plan(self, waves: Mapping[str, Sequence[str]], **more: Any) -> Path:
        """Review a rollout of what is committed: the first wave has all gates."""
        self.plans += 1
        document = {
            "version": 1, "spec": "lab.yaml", "order": "listed",
            "waves": [
                {"name": name, "hosts": list(hosts), "gate": "rest" if number else "full"}
                for number, (name, hosts) in enumerate(waves.items())
            ],
            "gates": {"full": [*QUICK, RATE], "rest": QUICK}, "deadline": BOUNDED, **more,
        }  # fmt: skip
        file = self.lab.spec.with_name("rollout.yaml")
        with file.open("w", encoding="utf-8") as out:
            YAML().dump(document, out)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "how")
        made = self.lab.spec.with_name(f"plan-{self.plans}.json")
        done = self.call("plan", str(file), "--from-boards", "--deploy", LLM, "-o", str(made))
        assert done.returncode == 2, done.stdout + done.stderr
        return made

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `jetfleet rollout` to its end."""
        return subprocess.run(
            [str(BIN / "jetfleet"), "rollout", *words], cwd=ROOT, env=self.environ, text=True,
            capture_output=True, check=False, timeout=600,
        )  # fmt: skip

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start `jetfleet rollout` in a session of its own, its output in a file."""
        with (self.state / "output").open("ab") as out:
            process = subprocess.Popen(
                [str(BIN / "jetfleet"), "rollout", *words], cwd=ROOT, env=self.environ, text=True,
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip
        self.started.append(process)
        return process

    @property
    def environ(self) -> dict[str, str]:
        return {**os.environ, "XDG_STATE_HOME": str(self.state)}

    def processes(self) -> list[int]:
        """Processes that have this state: controllers, tasks, and what these have started."""
        mark, found = f"XDG_STATE_HOME={self.state}".encode(), []
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
        return found

    def destroy(self) -> int:
        """Kill all of it at once, as a runner that is taken away; return how many there were."""
        killed: set[int] = set()
        while found := self.processes():
            killed.update(found)
            for pid in found:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            for process in self.started:
                process.poll()
        return len(killed)

    def kill(self, pid: int) -> int:
        """Kill a controller alone, and return 1."""
        os.kill(pid, signal.SIGKILL)
        return 1

    def tasks(self) -> list[int]:
        """Processes of tasks that are at work."""
        mark = b"jetfleet.rollout.here.task_process"
        found = []
        for pid in self.processes():
            with suppress(OSError):
                if mark in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
                    found.append(pid)
        return found

    def flying(self) -> str:
        """What the last rollout has in flight: purposes and boards."""
        sent: dict[str, set[str]] = {}
        for one in self.events():
            if one["kind"] == "sent":
                sent[one["task"]] = set(one["hosts"])
            elif one["kind"] in {"done", "marked"} and one.get("task") in sent:
                sent[one["task"]].discard(one["host"])
            elif one["kind"] == "gate":
                sent.pop(one["task"], None)
        return ", ".join(
            f"{task.split('/')[1]} of {' '.join(sorted(hosts))}"
            for task, hosts in sent.items()
            if hosts
        )

    # What is kept here.

    def events(self, rollout: str = "", after: int = 0) -> list[dict[str, Any]]:
        """What has happened, by the store's own table; of the last rollout by default."""
        file = self.state / "jetfleet/rollouts.sqlite"
        rollout = rollout or next(iter(self.rollouts()), "")
        if not rollout:
            return []
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as base:
            rows = base.execute(
                "select seq, at, kind, host, wave, data from event where rollout = ? and seq > ? "
                "order by seq", (rollout, after),
            ).fetchall()  # fmt: skip
        return [
            {"seq": seq, "at": at, "kind": kind, "host": host, "wave": wave, **json.loads(data)}
            for seq, at, kind, host, wave, data in rows
        ]

    def rollouts(self) -> list[str]:
        """The ids of all rollouts, the last one first."""
        file = self.state / "jetfleet/rollouts.sqlite"
        if not file.exists():
            return []
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as base:
            with suppress(sqlite3.OperationalError):  # its tables are being made
                return [row[0] for row in base.execute("select id from rollout order by at desc")]
            return []

    def rollout(self) -> str:
        """The id of the last rollout."""
        return self.rollouts()[0]

    @staticmethod
    def seconds(at: str) -> float:
        """The time of a line of an audit log, in seconds since 1970."""
        return datetime.fromisoformat(at.replace("Z", "+00:00")).timestamp()

    def status(self) -> dict[str, Any]:
        """What `status --json` says of the last rollout."""
        done = self.call("status", "--json")
        assert done.returncode in range(9), done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def ready_at(self, host: str) -> float:
        """When the server of a board was ready with the change of the last rollout."""
        tasks = self.state / "jetfleet/rollouts" / self.rollout()
        lines = [
            json.loads(line)
            for file in sorted(tasks.glob(f"*-apply/1/runs/*-apply/**/{host}.jsonl"))
            for line in file.read_text(encoding="utf-8").splitlines()
        ]
        served = {"event": "changed", "resource": "service:cosmos"}
        return next(float(one["at"]) for one in lines if served.items() <= one.items())

    # What the boards say.

    def record(self, host: str) -> str:
        """The record of what was applied to a board."""
        return self.lab.sh(host, "cat /var/lib/jetfleet/applied.json")

    def commit_on(self, host: str) -> str:
        """The commit that a board has."""
        return str(json.loads(self.record(host))["commit"])

    def audit(self, host: str, rollout: str = "") -> list[dict[str, Any]]:
        """The lines of a board's audit log, of a rollout."""
        text = self.lab.sh(host, "cat /var/lib/jetfleet/audit.jsonl.1 2>/dev/null; "
                                 "cat /var/lib/jetfleet/audit.jsonl")  # fmt: skip
        lines = [json.loads(line) for line in text.splitlines()]
        return [line for line in lines if not rollout or line.get("rollout") == rollout]

    def container(self, host: str) -> str:
        """The container of the server, and when it was started."""
        form = "{{.Id}} {{.State.StartedAt}}"
        return self.lab.sh(host, f"docker inspect -f '{form}' $(docker ps -q --no-trunc)")

    def starts(self, host: str, since: float) -> int:
        """How often the server of a board was started since then, by systemd's own words."""
        words = f"journalctl -u jetfleet-cosmos --since @{since:.0f} _PID=1 -o cat"
        return self.lab.sh(host, words).count("Starting jetfleet-cosmos.service")

    def print_of(self, host: str) -> tuple[str, int, str]:
        """What a board would show another of, had it been touched."""
        return self.record(host), len(self.audit(host)), self.container(host)


def equal(count: int) -> Any:
    """Edit the example: this many boards like its `nano`."""

    def edit(spec: Spec) -> None:
        no_reboot(spec)
        (like,) = spec["hosts"].values()
        spec["hosts"] = {
            f"b{n}": {**like, "address": f"192.0.2.{n}"} for n in range(1, count + 1)
        }  # fmt: skip

    return edit


@contextmanager
def twin_rollouts(folder: Path, count: int) -> Iterator[TwinRollouts]:
    """Boot equal twins, and apply a first commit to them."""
    lab = Lab.up(folder / "lab", ["nano"], equal(count))
    hosts = tuple(f"b{n}" for n in range(1, count + 1))
    (folder / "state").mkdir()
    found = TwinRollouts(lab, folder / "state", hosts)
    try:
        (lab.spec.parent / ".gitignore").write_text(IGNORED, encoding="utf-8")
        found.git("init", "-q")
        found.commit("first")
        lab.converge()
        yield found
    finally:
        found.destroy()
        lab.down()
