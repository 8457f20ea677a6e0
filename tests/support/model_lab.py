"""Labs of twins that hold models and serve none, and what their hubs have sent."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from jetfleet.cli.lock import lock
from tests.support.lab import Edit, Lab, Spec, no_reboot, write_spec
from tests.support.pyinfra import BIN, ROOT, Ran, changes_in, pyinfra
from twins import standins
from twins.fleet import Fleet
from twins.standins import direct

MODELS = "deploys/models.py"
DIRECTORY = "/mnt/nvme/models"
FETCHING = "systemctl is-active --quiet 'jetfleet-fetch-*'"

COSMOS = "nim/nvidia/cosmos-reason2-2b:1208-fp8-static-kv8"
PEOPLENET = "nvidia/tao/peoplenet:deployable_quantized_onnx_v2.6.3"
NGC_KEY = {"env": "NGC_API_KEY"}
HF_TOKEN = {"env": "HF_TOKEN"}
MODELSCOPE_TOKEN = {"env": "MODELSCOPE_API_TOKEN"}


@dataclass(frozen=True)
class Locked:
    """A file of the lock."""

    path: str
    size: int
    sha256: str


class Shelf(Lab):
    """Twins whose only work is to have models."""

    @classmethod
    def of(
        cls,
        folder: Path,
        models: Mapping[str, Any],
        *,
        hosts: Sequence[str] = ("orin",),
        sizes: Mapping[str, int] | None = None,
        edit: Edit = lambda _: None,
    ) -> Shelf:
        """Boot bare twins whose spec has these models; they end with this process."""

        def shelves(spec: Spec) -> None:
            no_reboot(spec)
            spec["models"] = dict(models)
            spec["groups"] = {"site": {}}
            del spec["defaults"]["services"]
            spec["defaults"]["models"] = {"dir": DIRECTORY, "use": list(models)}
            spec["hosts"] = {
                name: {"board": "agx-orin", "groups": ["site"], "address": f"192.0.2.{place}"}
                for place, name in enumerate(hosts, start=20)
            }
            edit(spec)

        path = write_spec(folder, (), shelves)
        shelf = cls(path, Fleet.up(path, owner_pid=os.getpid(), sizes=sizes))
        try:
            lock(path, upgrade=False)
        except BaseException:
            shelf.down()
            raise
        return shelf

    @property
    def state(self) -> Path:
        return Path(self.fleet.plan.state)

    def fetch(self, *arguments: str, deploy: str = MODELS, seconds: int = 300) -> Ran:
        return pyinfra(self.inventory, deploy, "-y", *arguments, seconds=seconds)

    def fetched(self, *arguments: str, seconds: int = 300) -> Ran:
        """Fetch, and see that it went well on every board."""
        ran = self.fetch(*arguments, seconds=seconds)
        assert ran.status == 0, ran.log[-4000:]
        return ran

    def plan(self, *arguments: str) -> dict[str, list[str]]:
        return changes_in(pyinfra(self.inventory, MODELS, "--dry", *arguments))

    def begin(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """Start a fetch in the background."""
        options = {"stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT, **options}
        return subprocess.Popen(
            [str(BIN / "pyinfra"), str(self.inventory), MODELS, "-y", *arguments],
            cwd=ROOT,
            env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"},
            stdin=subprocess.DEVNULL,
            text=True,
            **options,
        )

    def locked(self, model: str) -> dict[str, Locked]:
        """Files of a model by path, as the lock has them."""
        known = YAML(typ="safe").load(self.spec.with_suffix(".twins.lock.yaml"))["models"][model]
        return {f["path"]: Locked(f["path"], f["size"], f["sha256"]) for f in known["files"]}

    def folder(self, model: str) -> str:
        known = YAML(typ="safe").load(self.spec.with_suffix(".twins.lock.yaml"))["models"][model]
        return f"{DIRECTORY}/{model}/{known['revision']}"

    def sums(self, model: str, host: str = "orin") -> dict[str, str]:
        """Hashes of what is in a model's folder, read on the board, by path."""
        out = self.sh(
            host,
            f"cd {self.folder(model)} && find . -type f ! -name .jetfleet -exec sha256sum {{}} +",
        )
        pairs = (line.split("  ", 1) for line in out.splitlines())
        return {path.removeprefix("./"): digest for digest, path in pairs}

    def is_whole(self, model: str, host: str = "orin") -> bool:
        """Whether a board has just the files of the lock, with their hashes, by our own look."""
        wanted = {path: file.sha256 for path, file in self.locked(model).items()}
        return self.sums(model, host) == wanted

    def left_behind(self, host: str = "orin") -> str:
        """What a fetch must not leave: staging, control files, link files, scripts, units."""
        return self.sh(
            host,
            f"find {DIRECTORY} '(' -name '*.aria2*' -o -name .fetching -o -name '.jetfleet-*' ')';"
            "ls -I lock -I 'lease*' -I 'audit*' /run/jetfleet 2>/dev/null; "
            "systemctl list-units --all --plain --no-legend 'jetfleet-fetch-*'",
        )

    def served(self) -> dict[str, int]:
        """Bytes of bodies that the hubs sent since `forget` was called, by place."""
        return dict(json.loads(self._control("GET", "bytes")))

    def sent(self, *parts: str) -> int:
        """Bytes sent from places that have one of these parts."""
        return sum(n for place, n in self.served().items() if any(p in place for p in parts))

    def forget(self) -> None:
        """Let the hubs count from zero."""
        self._control("DELETE", "bytes")

    def requests(self) -> list[dict[str, Any]]:
        """Every request that the hubs answered so far."""
        lines = standins.log_file(self.state).read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def _control(self, method: str, what: str) -> str:
        url = f"{standins.control_url(self.state)}/{what}"
        with direct.session() as session:
            answer = session.request(method, url, timeout=5)
            answer.raise_for_status()
            return answer.text


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def weights(files: Mapping[str, Locked]) -> Locked:
    """The largest file of a model."""
    return max(files.values(), key=lambda file: file.size)


Wrong = Callable[[str], str]
"""Shell script that damages the file at a path."""
