"""A secret in every place that takes one, through every command, with servers that print theirs."""

from __future__ import annotations

import os
import secrets
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.canaries import files_below, leaks
from tests.support.lab import LLM, Lab, Spec, no_reboot
from tests.support.pyinfra import BIN, ROOT
from tests.twins.handmade_boards import PERSON, by_hand

HOST = "orin"
IMAGE = "ghcr.io/nvidia-ai-iot/vllm:r36.4-tegra-aarch64-cu126-22.04"
# A quote, a blank and letters that URLs, shells and JSON write in other ways.
SECRETS = {
    name: f"canary {name}'\"\\&/+é{secrets.token_hex(8)}"
    for name in ("env", "key", "file", "command", "printed")
}
# It is in a header of HTTP, where such letters cannot be.
SECRETS["key"] = f"canary-key-{secrets.token_hex(12)}"
FOREIGN = {name: f"canary{secrets.token_hex(12)}" for name in ("daemon", "fstab", "by-hand")}
VARIABLES = {f"JETFLEET_SWEEP_{name.upper()}": value for name, value in SECRETS.items()}
ALL = [*SECRETS.values(), *FOREIGN.values()]


def ref(name: str) -> dict[str, str]:
    return {"env": f"JETFLEET_SWEEP_{name.upper()}"}


@dataclass
class Sweep:
    """The board, and all that was printed about it, by command."""

    lab: Lab
    scratch: Path
    said: dict[str, str] = field(default_factory=dict)
    runs: int = 0

    def __call__(self, *command: str, known: bool = True, program: str = "jetfleet") -> int:
        """Run a command, with or without the secrets in its environment."""
        self.runs += 1
        environ = {
            **{name: value for name, value in os.environ.items() if name not in VARIABLES},
            **(VARIABLES if known else {}),
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "TMPDIR": str(self.scratch / "tmp"),
            "JETFLEET_RUN": str(self.scratch / f"run-{self.runs}"),
        }
        done = subprocess.run(
            [str(BIN / program), *command], cwd=ROOT, env=environ, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, check=False,
        )  # fmt: skip
        self.said[f"{self.runs}: {program} {shlex.join(command)}"] = done.stdout
        assert "Traceback" not in done.stdout, done.stdout
        return done.returncode

    @property
    def last(self) -> str:
        """What the last command printed."""
        return next(reversed(self.said.values()))

    @property
    def spec(self) -> str:
        return str(self.lab.spec)

    def leaks(self) -> list[str]:
        """Where on this workstation a secret can be read that was not there before."""
        kept = files_below(self.scratch, self.lab.spec.parent)
        outside = {path: text for path, text in kept.items() if not path.endswith("/the-secret")}
        return leaks(ALL, {**self.said, **outside})


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sweep]:
    scratch = tmp_path_factory.mktemp("sweep")
    (scratch / "tmp").mkdir()
    place = scratch / "the-secret"
    place.write_text(SECRETS["file"] + "\n")

    def edit(spec: Spec) -> None:
        no_reboot(spec)
        command = f"printenv {ref('command')['env']}"
        env: dict[str, Any] = {"BY_ENV": ref("env"), "BY_COMMAND": {"command": command}}
        env["BY_FILE"] = {"file": str(place)}
        spec["hosts"][HOST]["services"] = {
            "cosmos": {"env": env, "api_key": ref("key")},
            "webui": {"runtime": "live-vlm-webui", "upstream": "cosmos"},
        }

    lab = Lab.up(tmp_path_factory.mktemp("lab"), [HOST], edit)
    daemon = f'{{"labels": ["password={FOREIGN["daemon"]}"]}}'
    lab.sh(
        HOST,
        f"mkdir -p /etc/docker; echo {shlex.quote(daemon)} > /etc/docker/daemon.json\n"
        "chmod 600 /etc/docker/daemon.json\n"
        # Not a mount: systemd writes a unit of each, which all can read.
        f"echo '#//nas/x /x cifs noauto,password={FOREIGN['fstab']} 0 0' >> /etc/fstab\n"
        "chmod 640 /etc/fstab",
    )
    yield Sweep(lab, scratch)
    lab.down()


def test_no_secret_is_needed_before_an_apply(sweep: Sweep) -> None:
    rendered = str(sweep.scratch / "rendered")
    place = sweep.scratch / "the-secret"
    place.rename(sweep.scratch / "away")
    try:
        assert sweep("validate", sweep.spec, known=False) == 0
        assert sweep("render", sweep.spec, "-o", rendered, known=False) == 0
        for command in (("plan", "--json"), ("plan", "--diff"), ("status", "--json"), ("drift",)):
            assert sweep(command[0], sweep.spec, *command[1:], known=False) in {0, 2}, sweep.last
        assert sweep("--dry", str(sweep.lab.inventory), LLM, known=False, program="pyinfra") == 0
        assert "needs a secret" in sweep.last
        assert "JETFLEET_SWEEP_ENV has no secret" in sweep.last
        # Only writing the file does, and what needs no secret is done.
        assert sweep("apply", sweep.spec, "-y", known=False) in {3, 4}, sweep.last
        assert "needs a secret" in sweep.last
        assert sweep.lab.holds(HOST, "docker image inspect " + IMAGE)
    finally:
        (sweep.scratch / "away").rename(place)


def test_no_command_shows_a_secret(sweep: Sweep) -> None:
    pages = sweep.scratch
    assert sweep("plan", sweep.spec, "--diff", "--markdown") in {0, 2}, sweep.last
    assert sweep("apply", sweep.spec, "-y") in {0, 2}, sweep.last
    assert sweep("-vv", "-y", "--diff", str(sweep.lab.inventory), LLM, program="pyinfra") == 0
    assert sweep("plan", sweep.spec, "--json") == 0, sweep.last
    assert sweep("status", sweep.spec, "--json") == 0, sweep.last
    assert sweep("status", sweep.spec) == 0
    assert sweep("drift", sweep.spec) == 0
    verify = ("-vv", "-y", str(sweep.lab.inventory), "deploys/verify.py")
    assert sweep(*verify, program="pyinfra") == 0, sweep.last
    assert sweep("report", str(pages / "run-8"), "-o", str(pages / "page.html")) in {0, 1}
    # Nothing differs, and all but the values is compared without them.
    assert sweep("plan", sweep.spec, known=False) == 0, sweep.last
    container = sweep.lab.sh(HOST, "docker exec cosmos env")
    for name in ("env", "file", "command"):
        assert f"BY_{name.upper()}={SECRETS[name]}" in container.splitlines()


def test_a_server_that_prints_its_secret_shows_it_to_nobody_here(sweep: Sweep) -> None:
    script = 'echo "bad key $APP_TOKEN" >&2; printf %s "$APP_TOKEN" | base64 -w0; sleep 1; exit 3'

    def edit(spec: Spec) -> None:
        spec["hosts"][HOST]["services"]["printer"] = {
            "runtime": "container", "image": IMAGE, "command": ["sh", "-c", script], "port": 9009,
            "probe": {"path": "/"}, "env": {"APP_TOKEN": ref("printed")},
        }  # fmt: skip

    sweep.lab.rewrite(edit)
    assert sweep("apply", sweep.spec, "-y") == 4, sweep.last
    assert "bad key ***" in sweep.last
    assert sweep("-vv", "-y", str(sweep.lab.inventory), LLM, program="pyinfra") != 0
    assert "bad key ***" in sweep.last
    result = sweep.scratch / f"run-{sweep.runs - 1}"
    assert "bad key ***" in (result / "result.json").read_text()
    page = sweep.scratch / "failed.html"
    sweep("report", str(result), "-o", str(page))
    assert sweep("status", sweep.spec, "--json") in {0, 2, 3, 4}
    # In a journal of the board, which root can read, it is.
    assert SECRETS["printed"] in sweep.lab.sh(HOST, "journalctl -q --no-pager -o cat")


def test_files_of_others_keep_owner_mode_and_content(sweep: Sweep) -> None:
    said = sweep.lab.sh(HOST, "stat -c '%a %U' /etc/docker/daemon.json /etc/fstab")
    assert said.split("\n")[:2] == ["600 root", "640 root"]
    assert FOREIGN["daemon"] in sweep.lab.sh(HOST, "cat /etc/docker/daemon.json")
    assert FOREIGN["fstab"] in sweep.lab.sh(HOST, "cat /etc/fstab")


def test_no_user_of_the_board_can_read_one(sweep: Sweep) -> None:
    patterns = " ".join(f"-e {shlex.quote(value[-16:])}" for value in ALL)
    places = "/etc /run /var /tmp /mnt /opt /srv /usr/local /home /proc/[0-9]*/cmdline"
    found = sweep.lab.sh(
        HOST,
        f"su {PERSON} -s /bin/sh -c {shlex.quote(f'grep -rslaF {patterns} {places}; true')}",
    )
    own = {f"/proc/{line.split('/')[2]}" for line in found.splitlines() if "/proc/" in line}
    others = [line for line in found.splitlines() if "/proc/" not in line]
    assert others == []
    # grep finds its own arguments, and those of the shells around it.
    assert len(own) <= 4, found


def test_adopt_hides_on_the_board(sweep: Sweep) -> None:
    secret = FOREIGN["by-hand"]
    by_hand(
        sweep.lab, HOST,
        f"sudo docker run -d --name by-hand --network none -e WIFI_PSK={secret} "
        f"-e API_KEY_PROD={secret} -e DB_PWD={secret} -e PASS={secret} -e GREETING={secret} "
        f"-e REDIS_URL=redis://:{secret}@h -e MY_TOKEN={secret} -e LANG=C "
        f"-l token={secret} --entrypoint sh {IMAGE} "
        f"-c 'sleep 3600; exec serve --api_key {secret} --auth-token={secret} "
        f"-H \"Authorization: Bearer {secret}\"'",
    )  # fmt: skip
    twin = sweep.lab.fleet.hosts[HOST]
    out = sweep.scratch / "adopted"
    login = (f"{PERSON}@{twin.address}", "-o", str(out), "-i", str(twin.key))
    assert sweep("adopt", *login, "--known-hosts", str(twin.known_hosts)) == 0, sweep.last
    for name in ("WIFI_PSK", "API_KEY_PROD", "DB_PWD", "PASS", "REDIS_URL", "GREETING", "MY_TOKEN"):
        assert f"the container by-hand: variable {name}" in sweep.last
    assert sweep.last.index("hidden on the board") < sweep.last.index("wrote ")
    (spec,) = (path for path in out.glob("*.yaml") if ".lock" not in path.name)
    assert "LANG: C" in spec.read_text()
    dry = ("-vv", "--dry", str(spec.with_suffix(".py")), LLM)
    assert sweep(*dry, program="pyinfra") == 0, sweep.last
    assert "Compare by-hand, which was set up by hand" in sweep.last


def test_nothing_that_was_printed_or_kept_here_has_a_secret(sweep: Sweep) -> None:
    assert sweep.runs > 15
    assert sum(map(len, sweep.said.values())) > 20_000
    assert sweep.leaks() == []
    assert list((sweep.scratch / "tmp").iterdir()) == []
