"""Spec A, then B, then A again: no trace of B is left on the board, also when runs are killed."""

from __future__ import annotations

import json
import random
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from jetfleet.cli.lock import lock
from jetfleet.environment import RUN_FOLDER
from jetfleet.resources.access import SSHD, SUDOERS
from tests.support.lab import Edit, Lab, Spec, no_reboot, until
from tests.support.lab_cli import Jetfleet, named

HOST = "orin"

TRACES = """
find /etc/jetfleet /etc/systemd/system /usr/local/lib/jetfleet /var/lib/jetfleet \
  /run/jetfleet ! -name '*.tar' ! -name 'clocks-*' ! -name lock ! -name 'lease*' \
  ! -name 'audit*' ! -name '*.sh' \
  -printf '%p %y\\n' | sort
docker ps -a --format 'container {{.Names}}' | sort
systemctl list-units --all --plain --no-legend 'jetfleet-*.service' |
  awk '$1 !~ /-(pull|fetch)-/ {print "unit", $1, $3}' | sort
ss -Hltn | awk '{print "port", $4}' | grep -v :22$ | sort -u
cat /etc/hosts
ls -d /etc/ssh/sshd_config.d/* /etc/sudoers.d/* /var/lib/jetfleet/switch/* || true
ls -d /etc/systemd/journald.conf.d/* /etc/reader.conf || true
systemctl is-enabled reader.service || true
"""
RECORD = "cat /var/lib/jetfleet/applied.json"

FOREIGN = """set -e
for n in 1 2 3 4 5 6 7 8; do
  echo "theirs $n" > /etc/jetfleet/theirs-$n
  mkdir -p /etc/jetfleet/cosmos /usr/local/lib/jetfleet
  echo "theirs $n" > /etc/jetfleet/cosmos/theirs-$n
  echo "theirs $n" > /usr/local/lib/jetfleet/theirs-$n
  unit=/etc/systemd/system/jetfleet-theirs$n.service
  printf '[Service]\\nExecStart=/bin/sleep infinity\\n' > $unit
  echo "KEY=canary$n" > /etc/default/theirs-$n
  useradd --no-create-home theirs$n
  echo "tmpfs /srv/theirs$n tmpfs noauto 0 0" >> /etc/fstab
done
systemctl daemon-reload
systemctl start jetfleet-theirs1
mkdir -p /mnt/nvme/models/theirs/1 /etc/systemd/system/jetfleet-cosmos.service.d
echo weights > /mnt/nvme/models/theirs/1/model
printf '[Service]\\nNice=1\\n' > /etc/systemd/system/jetfleet-cosmos.service.d/theirs.conf
image=$(docker images -q | head -n 1)
docker tag $image theirs:1
docker run -d --name theirs --entrypoint sleep $image infinity || docker create --name theirs $image
"""
FOREIGN_SEEN = """
cat /etc/jetfleet/theirs-* /etc/jetfleet/cosmos/theirs-* /usr/local/lib/jetfleet/theirs-* \
  /etc/systemd/system/jetfleet-theirs* /etc/default/theirs-* /mnt/nvme/models/theirs/1/model \
  /etc/systemd/system/jetfleet-cosmos.service.d/theirs.conf
grep theirs /etc/passwd /etc/fstab
systemctl is-active jetfleet-theirs1
docker ps -a --format '{{.Names}} {{.ID}}' | grep theirs
docker images theirs --format '{{.ID}}'
"""


@dataclass(frozen=True)
class Pair:
    """One kind of thing that spec B has and A has not, or has otherwise.

    Parameters
    ----------
    seen:
        A shell test that holds on the board while B is applied.
    gone:
        Resources that the way back removes, at least.

    """

    name: str
    edit: Edit
    seen: str
    gone: tuple[str, ...]


def cosmos(spec: Spec) -> dict[str, Any]:
    services: dict[str, Any] = spec["defaults"]["services"]
    return services


def renamed(spec: Spec) -> None:
    services = cosmos(spec)
    services["eyes"] = services.pop("cosmos")
    for body in (*spec["groups"].values(), *spec["hosts"].values()):
        if "cosmos" in body.get("services", {}):
            body["services"]["eyes"] = body["services"].pop("cosmos")


def on_host(**keys: Any) -> Edit:
    def edit(spec: Spec) -> None:
        host = spec["hosts"][HOST]
        for key, value in keys.items():
            host[key] = {**host.get(key, {}), **value} if isinstance(value, dict) else value

    return edit


def no_service(spec: Spec) -> None:
    spec["defaults"].pop("services")
    for body in (*spec["groups"].values(), *spec["hosts"].values()):
        body.pop("services", None)


def variable(spec: Spec) -> None:
    cosmos(spec)["cosmos"]["env"] = {"TZ": "UTC"}


READER = """[Service]
ExecStart=/bin/sleep infinity
[Install]
WantedBy=multi-user.target
"""


def system(spec: Spec) -> None:
    on_host(
        extra_hosts={"registry.lab.example": "192.0.2.9"},
        journal={"max_use": "100m"},
        files={"/etc/reader.conf": {"content": "words\n", "restart": ["reader.service"]}},
        units={"reader.service": {"content": READER}},
    )(spec)


WEBUI = {"runtime": "live-vlm-webui", "upstream": "cosmos"}
GUARDED = {"/etc/reader.conf": {"content": "words\n", "guard": True}}
ACCESS = {"sshd": {"LogLevel": "VERBOSE"}, "sudoers": ["Defaults !lecture"]}


def everything(spec: Spec) -> None:
    renamed(spec)
    system(spec)
    on_host(models={"seed": True}, power={"clocks": "locked"}, **ACCESS)(spec)


UNIT = "/etc/systemd/system/jetfleet-{}.service"
CLOCKS, SEED = (UNIT.format(name) for name in ("clocks", "seed"))
PAIRS = (
    Pair("renamed", renamed, "systemctl -q is-active jetfleet-eyes", ("service:eyes",)),
    Pair("no-service", no_service, f"[ ! -e {UNIT.format('cosmos')} ]", ()),
    Pair(
        "clocks", on_host(power={"clocks": "locked"}),
        "systemctl -q is-active jetfleet-clocks", ("clocks:locked", f"file:{CLOCKS}"),
    ),
    Pair(
        "seed", on_host(models={"seed": True}), "systemctl -q is-active jetfleet-seed",
        ("unit:jetfleet-seed.service", f"file:{SEED}"),
    ),
    Pair(
        "variable", variable, "grep -q TZ /etc/jetfleet/cosmos/env",
        ("file:/etc/jetfleet/cosmos/env",),
    ),
    Pair(
        "system", system, "systemctl -q is-active reader && getent hosts registry.lab.example",
        (
            "names:/etc/hosts", "unit-up:reader.service", "file:/etc/reader.conf",
            "file:/etc/systemd/journald.conf.d/jetfleet.conf",
        ),
    ),
    Pair(
        "another", on_host(services={"second": WEBUI}), "systemctl -q is-active jetfleet-second",
        ("service:second",),
    ),
    Pair(
        "access", on_host(**ACCESS), f"sshd -T | grep -qi '^loglevel verbose' && [ -e {SUDOERS} ]",
        (f"access:{SSHD}", f"access:{SUDOERS}"),
    ),
    Pair(
        "guarded", on_host(files=GUARDED), "[ -e /etc/reader.conf ]", ("file:/etc/reader.conf",),
    ),
    Pair(
        "everything", everything, "systemctl -q is-active jetfleet-eyes jetfleet-seed reader",
        ("service:eyes", "unit:jetfleet-seed.service", "clocks:locked", "names:/etc/hosts"),
    ),
)  # fmt: skip


EACH = [
    pytest.param(one, id=one.name, marks=() if one is PAIRS[-1] else pytest.mark.campaign)
    for one in PAIRS
]
"""The last one has what the others have; each by itself is in the campaign."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab.up(tmp_path_factory.mktemp("removal"), [HOST], no_reboot)
    try:
        lab.converge()
        lab.sh(HOST, FOREIGN)
        lab.converge()
        yield lab
    finally:
        lab.down()


def put_back(lab: Lab, spec: str) -> None:
    """Write a spec as it was, and lock it."""
    lab.spec.write_text(spec, encoding="utf-8")
    lock(lab.spec, upgrade=False)


def with_seed(lab: Lab) -> str:
    """Let the board be a seed; return the spec as it was."""
    spec = lab.spec.read_text(encoding="utf-8")
    lab.rewrite(on_host(models={"seed": True}))
    lab.converge()
    return spec


def traces(lab: Lab) -> str:
    record = json.loads(lab.sh(HOST, RECORD))
    record.pop("commit")
    # Of a run that was killed, hashes of what it did not come to write may be left.
    # Images stay until a run prunes.
    record["put"] = sorted(
        key
        for key, one in record["put"].items()
        if not one.get("begun") and not key.startswith("image:")
    )
    clocks = lab.sh(HOST, "cat /sys/devices/system/cpu/cpu*/cpufreq/scaling_min_freq")
    return f"{lab.sh(HOST, TRACES)}{json.dumps(record, indent=1, sort_keys=True)}\n{clocks}"


@pytest.mark.timeout(900)
@pytest.mark.parametrize("pair", EACH)
def test_no_trace_is_left(lab: Lab, tmp_path: Path, pair: Pair) -> None:
    before, theirs = traces(lab), lab.sh(HOST, FOREIGN_SEEN)
    spec = lab.spec.read_text(encoding="utf-8")
    jetfleet = Jetfleet(lab, tmp_path)
    lab.rewrite(pair.edit)
    try:
        lab.converge()
        assert lab.holds(HOST, pair.seen)
        assert lab.plan() == {}
    finally:
        put_back(lab, spec)
    planned = jetfleet("plan", status=2).plan[HOST]
    assert {attribute for _, attribute in named(planned)} >= set(pair.gone)
    drift = jetfleet("drift", status=2).plan[HOST]
    assert named(drift) == named(planned)
    jetfleet("apply", "-y", status=0)
    assert lab.plan() == {}
    assert traces(lab) == before
    assert lab.sh(HOST, FOREIGN_SEEN) == theirs


def test_a_renamed_service_is_one_removal_and_one_new_service(lab: Lab, tmp_path: Path) -> None:
    """The port of the old one is free when the new one starts."""
    jetfleet = Jetfleet(lab, tmp_path)
    spec = lab.spec.read_text(encoding="utf-8")
    lab.rewrite(renamed)
    try:
        planned = jetfleet("plan", status=2)
        assert planned.plan[HOST].stops == ("cosmos",)
        assert "down: cosmos for good" in planned.out
        status = jetfleet("status")
        assert "cosmos is no longer in the spec" in status.out + status.err
        applied = jetfleet("apply", "-y", status=0).result[HOST]
        order = [one.resource for one in applied.done]
        assert order.index("removal:services") < order.index("service:eyes")
        assert lab.holds(HOST, "systemctl -q is-active jetfleet-eyes")
        assert not lab.holds(HOST, "systemctl -q is-active jetfleet-cosmos")
        # The files of others beside those of the service stay, and so does their folder.
        assert lab.holds(HOST, "[ -f /etc/jetfleet/cosmos/theirs-1 ]")
        assert not lab.holds(HOST, "[ -e /etc/jetfleet/cosmos/run ]")
    finally:
        put_back(lab, spec)
        lab.converge()


def test_a_file_that_a_person_changed_is_kept_and_named(lab: Lab, tmp_path: Path) -> None:
    jetfleet = Jetfleet(lab, tmp_path)
    spec = with_seed(lab)
    lab.sh(HOST, f"echo '# by hand' >> {SEED}")
    put_back(lab, spec)
    planned = jetfleet("plan", status=2)
    (change,) = (
        change
        for one in planned.plan[HOST].resources
        for change in one.changes
        if change.attribute == f"file:{SEED}"
    )
    assert f"kept as {SEED}.jetfleet-kept" in change.sentence
    lab.converge()
    assert lab.sh(HOST, f"tail -n 1 {SEED}.jetfleet-kept") == "# by hand\n"
    assert not lab.holds(HOST, f"[ -e {SEED} ]")
    assert not lab.holds(HOST, "systemctl -q is-active jetfleet-seed")
    assert lab.plan() == {}
    lab.sh(HOST, f"rm {SEED}.jetfleet-kept")


@pytest.mark.campaign
@pytest.mark.parametrize("damage", ["rm", "truncate -s 100"])
def test_without_a_whole_record_nothing_is_removed(lab: Lab, tmp_path: Path, damage: str) -> None:
    jetfleet = Jetfleet(lab, tmp_path)
    spec = with_seed(lab)
    lab.sh(HOST, f"{damage} /var/lib/jetfleet/applied.json")
    put_back(lab, spec)
    planned = jetfleet("plan", status=2)
    assert "nothing is removed" in planned.out
    lab.converge()
    assert lab.holds(HOST, "systemctl -q is-active jetfleet-seed")
    lab.sh(
        HOST,
        f"systemctl disable --now jetfleet-seed; rm {SEED} /usr/local/lib/jetfleet/seed; "
        "systemctl daemon-reload",
    )
    assert lab.plan() == {}


@pytest.mark.campaign
def test_removal_waits_for_permission(lab: Lab, tmp_path: Path) -> None:
    jetfleet = Jetfleet(lab, tmp_path)
    spec = lab.spec.read_text(encoding="utf-8")
    lab.rewrite(on_host(removal="ask", models={"seed": True}))
    lab.converge()
    lab.rewrite(on_host(models={"seed": False}))
    planned = jetfleet("plan", status=2)
    assert "unit:jetfleet-seed.service" in planned.out.replace("\n", "")
    assert "removal:services" not in {one.resource for one in planned.plan[HOST].resources}
    lab.converge()
    assert lab.holds(HOST, "systemctl -q is-active jetfleet-seed")
    jetfleet("plan", status=0)
    jetfleet("apply", "-y", "--prune", status=0)
    assert not lab.holds(HOST, f"[ -e {SEED} ]")
    put_back(lab, spec)
    lab.converge()


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_no_trace_is_left_by_runs_that_are_killed(
    lab: Lab, tmp_path: Path, pair: Pair, seed: int
) -> None:
    before, theirs = traces(lab), lab.sh(HOST, FOREIGN_SEEN)
    spec = lab.spec.read_text(encoding="utf-8")
    lab.rewrite(pair.edit)
    try:
        killed(lab, tmp_path / "there", f"{pair.name} there {seed}")
    finally:
        put_back(lab, spec)
    killed(lab, tmp_path / "back", f"{pair.name} back {seed}")
    lab.converge()
    assert lab.plan() == {}
    assert traces(lab) == before
    assert lab.sh(HOST, FOREIGN_SEEN) == theirs


def killed(lab: Lab, folder: Path, name: str) -> None:
    """Apply, and kill the run a while after it began with its nth resource, if it lasts so long."""
    draw = random.Random(name)  # noqa: S311 - a moment that can be repeated
    resource, seconds = draw.randint(0, 8), draw.uniform(0, 1)
    rows = folder / f"{HOST}.jsonl"
    folder.mkdir()
    run = lab.start("-y", environ={RUN_FOLDER: str(folder)}, stdout=subprocess.DEVNULL)
    try:
        begun = '"event":"started"'
        until(
            lambda: (rows.exists() and rows.read_text().count(begun) >= resource)
            or run.poll() is not None,
            "the moment", 120,
        )  # fmt: skip
        time.sleep(seconds)
    finally:
        run.kill()
    run.wait()
