"""Who belongs to which wave: a canary of each class, never the same, never one that must not be."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from jetfleet.rollout.classes import class_of
from jetfleet.rollout.freeze import Identity, freeze
from jetfleet.rollout.membership import members
from jetfleet.rollout.rollout import Rollout
from jetfleet.rollout.spec.load import load_rollout
from jetfleet.rollout.store.encode import read_rollout, rollout_data

MODULES = {"orin": "agx-orin-64gb", "nano": "orin-nano-super"}


def fleet(folder: Path, orins: int, nanos: int) -> None:
    lines = ["version: 1", "groups: {production: {}}", "hosts:"]
    for kind, count in (("orin", orins), ("nano", nanos)):
        lines += [
            f"  {kind}-{n:03d}: {{address: 192.0.2.1, port: {1000 + n}, module: {MODULES[kind]}, "
            f'jetpack: "6.2"{", groups: [production]" if n % 2 else ""}}}'
            for n in range(count)
        ]
    (folder / "fleet.yaml").write_text("\n".join(lines) + "\n")


def frozen(folder: Path, text: str, name: str = "r1") -> Rollout:
    (folder / "rollout.yaml").write_text(f"version: 1\nspec: fleet.yaml\n{text}")
    file, spec = load_rollout(folder / "rollout.yaml")
    return freeze(file, spec, Identity(name, "p" * 64, "fleet.yaml"))


def sizes(rollout: Rollout) -> list[tuple[str, int, bool]]:
    return [(wave.name, len(wave.hosts), wave.canary) for wave in rollout.waves]


def test_by_default_one_of_each_class_goes_first(tmp_path: Path) -> None:
    fleet(tmp_path, 30, 10)
    rollout = frozen(tmp_path, "")
    assert sizes(rollout) == [("canary", 2, True), ("early", 4, False), ("rest", 34, False)]
    assert {rollout.hosts[name].of_class for name in rollout.waves[0].hosts} == {
        one.of_class for one in rollout.hosts.values()
    }
    assert [gate.name for gate in rollout.waves[0].gates][:3] == [
        "verified",
        "in-sync",
        "no-restarts",
    ]


def test_the_canaries_are_others_in_each_rollout(tmp_path: Path) -> None:
    fleet(tmp_path, 30, 10)
    first = {frozen(tmp_path, "", f"r{n}").waves[0].hosts for n in range(5)}
    assert len(first) == 5
    listed = {frozen(tmp_path, "order: listed\n", f"r{n}").waves[0].hosts for n in range(5)}
    assert listed == {("orin-000", "nano-000")}


def test_a_host_of_a_class_that_no_wave_had_goes_before_its_wave(tmp_path: Path) -> None:
    fleet(tmp_path, 6, 6)
    rollout = frozen(
        tmp_path,
        "waves:\n"
        "  - {name: orins, hosts: 'orin-*', gate: full, soak: 1m}\n"
        "  - {name: rest, hosts: 100%}\n",
    )
    assert sizes(rollout) == [
        ("orins-canary", 1, True),
        ("orins", 5, False),
        ("rest-canary", 1, True),
        ("rest", 5, False),
    ]
    assert rollout.waves[2].soak == 60
    assert rollout.waves[2].hosts[0].startswith("nano")


def test_what_is_never_first_is_not_in_the_first_wave(tmp_path: Path) -> None:
    fleet(tmp_path, 8, 2)
    for number in range(10):
        rollout = frozen(tmp_path, "never_first: group:production\n", f"r{number}")
        assert not [name for name in rollout.waves[0].hosts if int(name[-3:]) % 2]
        assert sum(len(wave.hosts) for wave in rollout.waves) == 10


def test_what_is_never_first_comes_after_a_single_wave(tmp_path: Path) -> None:
    fleet(tmp_path, 4, 0)
    text = "never_first: group:production\nwaves: [{name: all, hosts: 100%}]\n"
    assert sizes(frozen(tmp_path, text)) == [
        ("all-canary", 1, True), ("all", 1, False), ("all-later", 2, False),
    ]  # fmt: skip


def test_sites_have_their_own_limits_and_windows(tmp_path: Path) -> None:
    fleet(tmp_path, 2, 2)
    rollout = frozen(
        tmp_path,
        'window: {zone: UTC, from: "22:00", to: "05:00"}\n'
        "limits: {at_once: {site: 3}, down_at_once: {'group:production': 1 per site}}\n"
        "sites: {lab: {hosts: 'nano-*', at_once: 1, worker: true,"
        ' window: {zone: UTC, from: "01:00", to: "04:00"}}}\n',
    )
    lab, here = rollout.sites["lab"], rollout.sites["here"]
    assert (lab.at_once, lab.worker, lab.windows[0].opens) == (1, True, 60)
    assert (here.at_once, here.worker, here.windows[0].opens) == (3, False, 22 * 60)
    assert rollout.site_of("nano-000") is lab
    assert rollout.down[0].per_site


def test_a_frozen_rollout_comes_back_from_its_json(tmp_path: Path) -> None:
    fleet(tmp_path, 3, 3)
    rollout = frozen(tmp_path, 'window: [{zone: UTC, from: "22:00", to: "05:00"}]\n')
    assert read_rollout(rollout_data(rollout)) == rollout


def test_a_gate_of_a_service_that_no_host_of_a_wave_has_is_left_out() -> None:
    file, spec = load_rollout(Path("inventory/rollout.yaml").absolute())
    rollout = freeze(file, spec, Identity("r1", "p", "f"))
    assert "tokens_per_second" in {gate.name for gate in rollout.waves[0].gates}


@pytest.mark.parametrize(("host", "part"), [("thor", "vllm nvcr.io/"), ("nano-ollama", "ollama ")])
def test_the_class_names_module_release_runtime_and_image(host: str, part: str) -> None:
    _, spec = load_rollout(Path("inventory/rollout.yaml").absolute())
    of_class = class_of(spec.host(host))
    assert spec.host(host).module in of_class
    assert "JetPack" in of_class
    assert part in of_class


def test_no_wave_has_a_class_that_no_wave_before_it_had(tmp_path: Path) -> None:
    """But a canary; each host is in one wave. Of 300 random files and fleets."""
    chance = random.Random(3)  # noqa: S311 - a test that can be repeated
    fleet(tmp_path, 14, 0)
    for number in range(300):
        sizes = [chance.choice(["{per: class}", "'10%'", "3", "'orin-00*'", "'50%'"])
                 for _ in range(chance.randint(0, 3))]  # fmt: skip
        waves = "".join(f"  - {{name: w{n}, hosts: {one}}}\n" for n, one in enumerate(sizes))
        never = "never_first: group:production\n" if chance.random() < 0.5 else ""
        (tmp_path / "rollout.yaml").write_text(
            f"version: 1\nspec: fleet.yaml\n{never}waves:\n{waves}  - {{name: rest, hosts: 100%}}\n"
        )
        file, spec = load_rollout(tmp_path / "rollout.yaml")
        classes = {host.name: chance.choice("abcd") for host in spec.hosts}
        groups = members(file, spec, f"r{number}", classes)
        assert sorted(name for group in groups for name in group.hosts) == sorted(classes)
        known: set[str] = set()
        for group in groups:
            of = [classes[name] for name in group.hosts]
            if set(of) - known:
                assert group.canary
                assert len(of) == len(set(of)), "one of each class"
            known |= set(of)
        if never:
            assert not [name for name in groups[0].hosts if int(name[-3:]) % 2]
