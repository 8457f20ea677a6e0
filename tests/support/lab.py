"""A lab of twins: a scratch copy of the example inventory, and ways to look at what stands there.

What is asked here goes past the product: by namespaces into a twin, or over HTTP to its address.
"""

from __future__ import annotations

import os
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from jetfleet.cli.lock import lock
from jetfleet.errors import FleetError
from tests.support.pyinfra import BIN, ROOT, Ran, changes_in, pyinfra
from twins import standins
from twins.fleet import Fleet
from twins.standins import direct

LLM = "deploys/llm.py"
CAMPAIGN = os.environ.get("JETFLEET_CAMPAIGN") == "1"
MODEL = "/mnt/nvme/models/cosmos-reason2-2b/1208-fp8-static-kv8"

Spec = dict[str, Any]
Edit = Callable[[Spec], None]


def write_spec(
    folder: Path, hosts: Sequence[str], edit: Edit | None = None, *, whole: bool = False
) -> Path:
    """Copy the example inventory, with these of its hosts, to a folder; return the spec's path.

    Unless `whole` is set, each board has one service, the same on all: Cosmos in vLLM. What
    the engine does is tested by that; what each runtime does is tested by the whole example.
    """
    yaml = YAML()
    spec = yaml.load((ROOT / "inventory/lab.yaml").read_text(encoding="utf-8"))
    spec["hosts"] = {name: spec["hosts"][name] for name in hosts}
    if not whole:
        only_cosmos(spec)
    if edit is not None:
        edit(spec)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lab.py").write_text((ROOT / "inventory/lab.py").read_text(encoding="utf-8"))
    with (folder / "lab.yaml").open("w", encoding="utf-8") as out:
        yaml.dump(spec, out)
    return folder / "lab.yaml"


def only_cosmos(spec: Spec) -> None:
    """Let each board serve Cosmos alone, as source 001 has it on three kinds of board."""
    cosmos = spec["groups"].pop("cosmos")
    spec["defaults"]["services"] = cosmos["services"]
    for name, host in spec["hosts"].items():
        memory = "ample" if host["board"].startswith("agx") else "scarce"
        host["groups"] = [f"{memory}-memory"]
        host["services"] = {"cosmos": {"ipc": "host"}} if name == "thor" else {}


def no_reboot(spec: Spec) -> None:
    """Keep each board in the power mode that it was flashed with, for tests of other things."""
    for board in spec["boards"].values():
        board.pop("power", None)
    spec["defaults"]["power"] = {}


def serve_nothing(spec: Spec, host: str) -> None:
    """Let a board keep its power mode and serve no model, for tests of other things."""
    no_reboot(spec)
    for name in ("services", "models"):
        spec["defaults"].pop(name, None)
    spec.pop("groups")
    for name in ("groups", "services"):
        spec["hosts"][host].pop(name)


@dataclass(frozen=True)
class Lab:
    """Twins of a scratch spec that are up, and the commands of a person at the workstation."""

    spec: Path
    fleet: Fleet

    @classmethod
    def up(  # noqa: PLR0913 - each has one meaning, and most have a default
        cls,
        folder: Path,
        hosts: Sequence[str],
        edit: Edit | None = None,
        before_lock: Callable[[Lab], object] = lambda _: None,
        *,
        whole: bool = False,
        suite: str = "",
        flashed: bool = False,
    ) -> Lab:
        """Boot twins of these hosts of the example, bare; they end with this process.

        `suite` is the release of Debian that they are made of, if it is not that of their L4T.
        `flashed`: they are boards that were only flashed.
        """
        spec = write_spec(folder, hosts, edit, whole=whole)
        lab = cls(spec, Fleet.up(spec, owner_pid=os.getpid(), suite=suite, flashed=flashed))
        try:
            before_lock(lab)
            lock(spec, upgrade=False)
        except BaseException:
            lab.down()
            raise
        return lab

    def down(self) -> None:
        """End the twins."""
        self.fleet.down()

    def rewrite(self, edit: Edit) -> None:
        """Edit the spec as a person would, and lock what is new in it."""
        yaml = YAML()
        spec = yaml.load(self.spec.read_text(encoding="utf-8"))
        edit(spec)
        with self.spec.open("w", encoding="utf-8") as out:
            yaml.dump(spec, out)
        lock(self.spec, upgrade=False)

    @property
    def ngc_key(self) -> str:
        """The key that the NGC stand-in of this lab accepts."""
        return standins.secrets_of(Path(self.fleet.plan.state))["NGC_API_KEY"]

    @property
    def inventory(self) -> Path:
        """What pyinfra is given."""
        return self.spec.with_suffix(".py")

    def apply(
        self, *arguments: str, deploy: str = LLM, environ: Mapping[str, str] | None = None
    ) -> Ran:
        """Run `pyinfra -y`; boards may reboot."""
        return pyinfra(
            self.inventory, deploy, "-y", "--data", "reboot=allow", *arguments, environ=environ
        )

    def converge(self, *arguments: str) -> Ran:
        """Apply, and see that it went well on every host."""
        ran = self.apply(*arguments)
        assert ran.status == 0, ran.log[-4000:]
        return ran

    def dry(self, *arguments: str, deploy: str = LLM) -> Ran:
        """Run `pyinfra --dry`."""
        return pyinfra(self.inventory, deploy, "--dry", *arguments)

    def plan(self, *arguments: str) -> dict[str, list[str]]:
        """Rows that would change, by host; hosts without any are left out."""
        return changes_in(self.dry(*arguments))

    def sh(self, host: str, script: str) -> str:
        """Run a shell script as root in a twin, by namespaces; return what it printed."""
        done = self.fleet.exec(host, ["/bin/sh", "-c", script])
        assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
        return done.stdout

    def holds(self, host: str, script: str) -> bool:
        """Whether a shell test holds in a twin; nothing holds in one that is off."""
        try:
            return self.fleet.exec(host, ["/bin/sh", "-c", script]).returncode == 0
        except FleetError:
            return False

    def get(self, host: str, path: str, port: int = 8000) -> Any:
        """JSON that a service on a twin answers to this workstation."""
        with direct.session() as session:
            answer = session.get(f"http://{self.fleet.ip(host)}:{port}{path}", timeout=10)
            answer.raise_for_status()
            return answer.json()

    def chat(self, host: str, words: str = "What do you see?", port: int = 8000) -> str:
        """What the model on a twin answers to a chat request from this workstation."""
        model = self.get(host, "/v1/models", port)["data"][0]["id"]
        body = {"model": model, "messages": [{"role": "user", "content": words}], "max_tokens": 8}
        url = f"http://{self.fleet.ip(host)}:{port}/v1/chat/completions"
        with direct.session() as session:
            answer = session.post(url, json=body, timeout=30)
            answer.raise_for_status()
            return str(answer.json()["choices"][0]["message"]["content"])

    def fault(self, **fields: Any) -> None:
        """Let the model hubs go wrong on purpose."""
        url = f"{standins.control_url(Path(self.fleet.plan.state))}/faults"
        with direct.session() as session:
            assert session.post(url, json=fields, timeout=5).ok

    def no_faults(self) -> None:
        """Let the model hubs behave."""
        url = f"{standins.control_url(Path(self.fleet.plan.state))}/faults"
        with direct.session() as session:
            assert session.delete(url, timeout=5).ok

    def start(
        self,
        *arguments: str,
        deploy: str = LLM,
        environ: Mapping[str, str] | None = None,
        **options: Any,
    ) -> subprocess.Popen[str]:
        """Start pyinfra on this lab in the background, its output in a pipe by default."""
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, **options}
        return subprocess.Popen(
            [str(BIN / "pyinfra"), str(self.inventory), deploy, *arguments],
            cwd=ROOT,
            env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", **(environ or {})},
            stderr=subprocess.STDOUT,
            text=True,
            **options,
        )


def changed(ran: Ran, host: str) -> list[str]:
    """Rows that an apply carried out on a host."""
    return [row["name"] for row in ran.report["results"]["operations"] if host in row["success"]]


def failed(ran: Ran) -> set[str]:
    """Hosts on which an apply failed."""
    return {host for row in ran.report["results"]["operations"] for host in row["error"]}


@contextmanager
def lasting(fact: Callable[[], bool]) -> Iterator[list[float]]:
    """Measure how long a fact holds at one stretch, in seconds, while the block runs."""
    seconds, ended = [0.0], threading.Event()

    def watch() -> None:
        while not ended.wait(0.2):
            begun = time.monotonic()
            while not ended.is_set() and fact():
                seconds[0] = max(seconds[0], time.monotonic() - begun)
                time.sleep(0.2)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seconds
    finally:
        ended.set()
        thread.join()


def recorded_base(folder: Path) -> str:
    """Write a deploy of a board's system that records what it puts there; return its path."""
    deploy = folder / "recorded.py"
    roles = "from jetfleet.roles import base, docker, record"
    call = "apply(base, docker, record)"
    deploy.write_text(f"from jetfleet.converge import apply\n{roles}\n\n{call}\n")
    return str(deploy)


def until(fact: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    """Poll a fact until it holds; fail with its name after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        found = fact()
        if found:
            return found
        assert time.monotonic() < end, f"waited {seconds} s in vain: {what}"
        time.sleep(0.05)


def errors(ran: Ran, host: str) -> list[str]:
    """What a run said of a host beside changes and pyinfra's own words on each row."""
    said = [
        line.split(f"[{host}]", 1)[1].strip()
        for line in ran.log.splitlines()
        if f"[{host}]" in line
    ]
    return [line for line in said if not re.search(_NO_ERROR, line)]


_NO_ERROR = (
    r"^(Connected|Ready: .*|Success|Skipped|No changes|Error: executed 0 commands"
    r"|left out of the rest of this plan|(fetching|pulling) .*|.* \(\S+: .* -> .*\))$"
)
