"""An apply that is killed at any moment: the next one converges and leaves nothing half done."""

from __future__ import annotations

import json
import random
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from jetfleet.environment import RUN_FOLDER
from tests.support.drift_table import CONFIG, OPTIONS, SERVICE_UNIT, SHARD
from tests.support.lab import CAMPAIGN, MODEL, Lab, until
from tests.support.lost_writes import cut_power
from twins import standins
from twins.standins import direct

SEED = 20260224
FROM_BARE = range(10 if CAMPAIGN else 1)
AFTER_DRIFT = range(12 if CAMPAIGN else 1)
POWER_CUTS = range(12 if CAMPAIGN else 1)

HOST = "orin"
SHARD_RATE = 700_000  # bytes a second: the fetch takes long enough to be hit

DRIFT = f"""systemctl stop jetfleet-cosmos
sed -i 's/max-model-len: .*/max-model-len: 64/' {OPTIONS}
echo '# by hand' >> {SERVICE_UNIT}
truncate -s 1000 {SHARD}
sed -i 's/"default-runtime": "nvidia"/"default-runtime": "runc"/' {CONFIG}
systemctl restart docker
systemctl disable jetfleet-clocks
nvpmodel -m 3
sed -i /nvme/d /etc/fstab
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One board; bare at first."""
    lab = Lab.up(tmp_path_factory.mktemp("kill"), [HOST])
    yield lab
    lab.down()


def started(rows: Path) -> int:
    """How many resources a run has begun to change on the board."""
    return rows.read_text().count('"event":"started"') if rows.exists() else 0


def kill_at_random(
    lab: Lab, name: str, folder: Path, most: int, end: Callable[[], object] = lambda: None
) -> str:
    """Kill an apply at a moment that the name decides; return it for the message of a failure.

    `end` happens right before.

    The moment is a while after the run began with its nth resource, `most` at the highest, and
    not a time since its start: so it is in the run on a quick machine and on a slow one.
    """
    draw = random.Random(f"{SEED} {name}")  # noqa: S311 - a moment that can be repeated
    resource, seconds = draw.randint(0, most), draw.uniform(0, 1)
    rows = folder / f"{HOST}.jsonl"
    run = lab.start(
        "-y", "--data", "reboot=allow",
        environ={RUN_FOLDER: str(folder)}, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until(lambda: started(rows) >= resource or run.poll() is not None, "the moment", 120)
        time.sleep(seconds)
        end()
    finally:
        run.kill()
    moment = f"{name}: {seconds:.2f} s after the beginning of resource {resource}"
    # Without its board it may end before it is killed, with a failure.
    assert run.wait() != 0, f"{moment}, when it had ended"
    return moment


def assert_sound(lab: Lab, after: str) -> None:
    """The next run converges, and by our own look nothing on the board is half, old or left."""
    # It may have been killed while the board was away for its power mode.
    until(lambda: lab.holds(HOST, "systemctl is-active --quiet ssh"), "the board to be up")
    ran = lab.apply()
    assert ran.status == 0, f"{after}\n{ran.log[-3000:]}"
    assert lab.plan() == {}, after
    left = lab.sh(
        HOST,
        "find / /mnt/nvme -xdev ! -path '/mnt/nvme/docker/*' ! -path '/var/lib/docker/*' "
        "'(' -name '*.jetfleet-*' -o -name '*.aria2' -o -name '*.meta4' -o -name '.fetching' ')';"
        "ls /run/jetfleet/*.sh 2>/dev/null; "
        "systemctl list-units --all --plain --no-legend 'jetfleet-fetch-*' 'jetfleet-pull-*'",
    )
    assert left == "", after
    assert model_sums(lab) == locked_sums(lab), after
    assert_not_stale(lab, after)
    label = lab.sh(HOST, "sfdisk --part-label /dev/nvme0n1 1; ls /dev/nvme0n1p*")
    assert label.split() == ["jetfleet", "/dev/nvme0n1p1"], after
    assert lab.chat(HOST), after


def assert_not_stale(lab: Lab, after: str) -> None:
    """What runs was started with what its files say."""
    script = """wanted() { sed -n 's/^Environment=JETFLEET_STARTED_WITH=//p' $1; }
has() { tr '\\0' '\\n' < /proc/$(systemctl show -P MainPID $1)/environ |
  sed -n s/^JETFLEET_STARTED_WITH=//p; }
wanted /etc/systemd/system/docker.service.d/jetfleet.conf; has docker
wanted /etc/systemd/system/jetfleet-cosmos.service; has jetfleet-cosmos
docker inspect -f '{{index .Config.Labels "jetfleet.started-with"}}' cosmos
docker inspect -f '{{.Config.Image}} {{.HostConfig.Runtime}}' cosmos
docker exec cosmos cat /etc/jetfleet/vllm.yaml | sha256sum
sha256sum < /etc/jetfleet/cosmos/vllm.yaml
docker info -f '{{.DefaultRuntime}}'
systemctl show -P NeedDaemonReload docker jetfleet-cosmos jetfleet-clocks | sort -u
"""
    said = lab.sh(HOST, script).splitlines()
    assert said[0] == said[1] != "", (after, said)
    assert said[2] == said[3] == said[4] != "", (after, said)
    assert said[5].endswith(" nvidia"), (after, said)
    assert said[6] == said[7], (after, said)
    assert said[8] == "nvidia", (after, said)
    assert [line for line in said[9:] if line] == ["no"], (after, said)


def model_sums(lab: Lab) -> dict[str, str]:
    out = lab.sh(HOST, f"cd {MODEL} && find . -type f ! -name .jetfleet -exec sha256sum {{}} +")
    return {path.removeprefix("./"): digest for digest, path in map(str.split, out.splitlines())}


def locked_sums(lab: Lab) -> dict[str, str]:
    lock = YAML(typ="safe").load(lab.spec.with_suffix(".twins.lock.yaml"))
    return {file["path"]: file["sha256"] for file in lock["models"]["cosmos-reason2-2b"]["files"]}


@pytest.mark.parametrize("number", FROM_BARE)
def test_killed_on_the_way_from_bare(tmp_path: Path, number: int) -> None:
    lab = Lab.up(tmp_path / "bare", [HOST])
    try:
        lab.fault(match="files.*safetensors*", rate=SHARD_RATE, times=None)
        moment = kill_at_random(lab, f"bare-{number}", tmp_path / "run", 17)
        assert_sound(lab, moment)
    finally:
        lab.down()


@pytest.mark.parametrize("number", POWER_CUTS)
def test_a_power_cut_that_takes_what_was_not_synced(tmp_path: Path, number: int) -> None:
    lab = Lab.up(tmp_path / "bare", [HOST])
    try:
        lab.fault(match="files.*safetensors*", rate=SHARD_RATE, times=None)
        moment = kill_at_random(
            lab, f"cut-{number}", tmp_path / "run", 17, lambda: cut_power(lab, HOST)
        )
        lab.fleet.power_on(HOST)
        assert_sound(lab, moment)
    finally:
        lab.down()


def served(lab: Lab) -> dict[str, int]:
    """Bytes that the hub sent so far, by place."""
    url = f"{standins.control_url(Path(lab.fleet.plan.state))}/bytes"
    with direct.session() as session:
        return dict(json.loads(session.get(url, timeout=5).text))


def test_a_fetch_outlives_the_run_that_began_it(lab: Lab) -> None:
    lab.fault(match="files.*safetensors*", rate=SHARD_RATE, times=None)
    part = "find /mnt/nvme -name '*.aria2' | grep -q ."
    fetching = f"systemctl is-active --quiet 'jetfleet-fetch-*' && {part}"
    run = lab.start("-y", "--data", "reboot=allow", stdout=subprocess.DEVNULL)
    try:
        until(lambda: lab.holds(HOST, fetching), "the fetch to begin", 90)
    finally:
        run.kill()
        run.wait()
    assert not lab.holds(HOST, f"ls {MODEL}"), "a model that is not whole is not in its place"
    time.sleep(1)  # a unit that dies with its run would be dead by now
    assert lab.holds(HOST, fetching)
    assert_sound(lab, "in the midst of a fetch")
    lab.no_faults()
    sizes = {
        place: size
        for place, size in served(lab).items()
        if "safetensors" in place and "index" not in place
    }
    assert sum(sizes.values()) < 6_294_600 * 1.02, sizes


@pytest.mark.parametrize("number", AFTER_DRIFT)
def test_killed_while_it_repairs(lab: Lab, tmp_path: Path, number: int) -> None:
    if lab.plan():
        lab.converge()
    lab.sh(HOST, DRIFT)
    moment = kill_at_random(lab, f"drift-{number}", tmp_path, 8)
    assert_sound(lab, moment)
