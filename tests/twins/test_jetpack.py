"""An upgrade of L4T on a twin, from NVIDIA's packages in a local repository: 36.4.3 to 36.5.0."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from tests.support.jetson_repository import ROOT, SOURCE, Deb, flashed, publish, release
from tests.support.lab import Edit, Lab, Spec, changed, no_reboot, until

HOST = "nano"
ALLOWED = ("--data", "upgrade=allow")
UNIT = "jetfleet-upgrade"
SLOW = "#!/bin/sh\n[ ! -e /run/slow ] || sleep 300\n"
RECORD = "/var/lib/jetfleet/upgrade/record.json"

FACTS = {
    "sed -n 's/.*REVISION: \\([0-9.]*\\),.*/\\1/p' /etc/nv_tegra_release": "5.0\n",
    "apt-mark showhold": "nvidia-l4t-bootloader\nnvidia-l4t-core\nsudo\n",
    f"cat {SOURCE}": f"deb [trusted=yes] file:{ROOT} r36.5 main\n",
    "apt-mark showauto | grep nvidia": "nvidia-container-toolkit\n",
    "dpkg-query -W -f '${Version}' nvidia-jetpack": "6.2.2+b24",
    "dpkg-query -W -f '${Version}' nvidia-container-toolkit": "1.16.2-1",
    "cat /etc/nvidia-init.conf": "release=36.4.3\nown=words\n",
    "tail -n 1 /var/log/capsule": "36.5.0\n",
    "dpkg --audit": "",
    f"ls {RECORD} 2>&1 || true": f"ls: cannot access '{RECORD}': No such file or directory\n",
}


def _edit(spec: Spec) -> None:
    no_reboot(spec)
    for name in ("services", "models"):
        spec["defaults"].pop(name, None)
    spec.pop("groups")
    for name in ("groups", "services"):
        spec["hosts"][HOST].pop(name)


def _wants(**keys: str) -> Edit:
    return lambda spec: spec["hosts"][HOST].update(jetpack="6.2.2", l4t="36.5.0", **keys)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab.up(tmp_path_factory.mktemp("lab"), [HOST], _edit)
    try:
        flashed(lab, HOST)
        lab.sh(HOST, "echo own=words >> /etc/nvidia-init.conf")
        lab.converge(*ALLOWED)
        yield lab
    finally:
        lab.down()


def _untouched(lab: Lab) -> None:
    assert "REVISION: 4.3" in lab.sh(HOST, "head -n 1 /etc/nv_tegra_release")
    assert "r36.4 main" in lab.sh(HOST, f"cat {SOURCE}")
    assert lab.sh(HOST, "apt-mark showhold") == FACTS["apt-mark showhold"]
    assert not lab.holds(HOST, f"test -e {RECORD}")


def test_it_is_refused_without_either_permission(lab: Lab) -> None:
    lab.rewrite(_wants())
    assert "`upgrade: minor`" in lab.apply(*ALLOWED).log
    lab.rewrite(_wants(upgrade="minor"))
    assert "allow its upgrade, which ends with a reboot" in lab.apply().log
    _untouched(lab)


@pytest.mark.parametrize(
    ("lacks", "said"),
    [
        ("nvidia-l4t-core", "has no nvidia-l4t-core in r36.5"),
        ("nvidia-l4t-3d-core", "lacks nvidia-l4t-3d-core"),
    ],
)
def test_a_package_that_the_release_lacks_stops_it(lab: Lab, lacks: str, said: str) -> None:
    publish(lab, HOST, "r36.5", [one for one in release("36.5.0") if one.name != lacks])
    ran = lab.apply(*ALLOWED)
    assert said in ran.log
    assert ran.status == 1
    _untouched(lab)


@pytest.mark.parametrize(
    ("package", "fields", "said"),
    [
        ("nvidia-l4t-3d-core", {"Conflicts": "rsync"}, "would remove rsync"),
        (
            "nvidia-l4t-3d-core",
            {"Installed-Size": "99999999999"},
            "MiB free, and the upgrade needs",
        ),
        ("nvidia-l4t-3d-core", {"Depends": "not-there"}, "apt cannot upgrade to 36.5.0"),
    ],
)
def test_what_apt_would_do_is_judged_first(
    lab: Lab, package: str, fields: dict[str, str], said: str
) -> None:
    debs = [
        Deb(d.name, d.version, {**d.fields, **fields}) if d.name == package else d
        for d in release("36.5.0")
    ]
    publish(lab, HOST, "r36.5", debs)
    ran = lab.apply(*ALLOWED)
    assert said in ran.log
    _untouched(lab)


def test_a_download_that_fails_changes_nothing(lab: Lab) -> None:
    publish(lab, HOST, "r36.5", release("36.5.0"))
    lab.sh(HOST, f"rm {ROOT}/pool/r36.5/nvidia-l4t-init.deb")
    assert lab.apply(*ALLOWED).status == 1
    _untouched(lab)


def test_one_that_was_killed_is_seen_and_goes_on(lab: Lab) -> None:
    debs = [
        Deb(d.name, d.version, d.fields, {**d.scripts, "postinst": SLOW}, d.files)
        if d.name == "nvidia-l4t-init"
        else d
        for d in release("36.5.0")
    ]
    publish(lab, HOST, "r36.5", debs)
    lab.sh(HOST, "touch /run/slow")
    run = lab.start("-y", "--data", "reboot=allow", *ALLOWED)
    try:
        until(lambda: lab.holds(HOST, "pgrep -f [n]vidia-l4t-init.postinst"), "the postinst", 240)
        lab.sh(HOST, f"systemctl kill -s KILL {UNIT}")
        run.communicate(timeout=240)
    except subprocess.TimeoutExpired:
        run.kill()
        raise
    lab.sh(HOST, "rm /run/slow")
    assert lab.holds(HOST, f"test -e {RECORD}")
    assert "r36.4 main" in lab.sh(HOST, f"cat {SOURCE}")
    assert "an upgrade to L4T 36.5.0 was interrupted" in lab.dry().log
    boot = lab.sh(HOST, "cat /proc/sys/kernel/random/boot_id")
    ran = lab.converge(*ALLOWED)
    assert "base | Upgrade L4T" in changed(ran, HOST)
    assert lab.sh(HOST, "cat /proc/sys/kernel/random/boot_id") != boot
    assert {script: lab.sh(HOST, script) for script in FACTS} == FACTS
    assert lab.plan(*ALLOWED, "--data", "reboot=allow") == {}
    assert lab.plan() == {}
