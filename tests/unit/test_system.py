"""The system of a host: what its keys put on a board, and what restarts with what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jetfleet.errors import FleetError
from jetfleet.resources import Desktop, File, Hold, Resource, RunOptions, UnitUp
from jetfleet.resources.desktop import DesktopState
from tests.support import rendered
from tests.support.rendered import content, desk

HEAD = """version: 1
hosts:
  desk:
    module: agx-orin-64gb
    jetpack: "6.2"
    address: 192.0.2.30
"""


def of(folder: Path, keys: str) -> dict[str, Resource[Any]]:
    """What all roles want on a host with these keys."""
    text = HEAD + "".join(f"    {line}\n" for line in keys.splitlines())
    return rendered.of(folder, text, "desk")


def started_with(resources: dict[str, Resource[Any]], unit: str) -> str:
    up = resources[f"unit-up:{unit}"]
    assert isinstance(up, UnitUp)
    drop_in = content(resources, f"/etc/systemd/system/{unit}.d/jetfleet-files.conf")
    assert f"JETFLEET_STARTED_WITH={up.started_with}\n" in drop_in
    return up.started_with


def test_a_host_without_a_key_has_nothing_of_it(tmp_path: Path) -> None:
    assert {one.kind for one in of(tmp_path, "").values()} == {
        "board",
        "leftovers",
        "removal",
        "applied",
    }


@pytest.mark.parametrize("written", ["off", '"off"', "false"])
def test_off_may_be_written_as_older_yaml_reads_it(tmp_path: Path, written: str) -> None:
    assert of(tmp_path, f"desktop: {written}")["desktop:graphical"] == Desktop(on=False)


def test_a_file_names_the_services_that_read_it(tmp_path: Path) -> None:
    keys = """journal: {max_use: 500m}
files:
  /etc/chrony/chrony.conf: {content: x, restart: [chrony.service]}"""
    files = [one for one in of(tmp_path, keys).values() if isinstance(one, File)]
    assert {one.path: one.read_by for one in files if one.read_by} == {
        "/etc/chrony/chrony.conf": ("chrony.service",),
        "/etc/systemd/journald.conf.d/jetfleet.conf": ("systemd-journald.service",),
    }


def test_a_board_that_was_set_up_by_hand_gets_nothing() -> None:
    with pytest.raises(FleetError, match="jetfleet changes nothing on a board"):
        of(Path("/tmp"), "headless: true\nadopted: {}")


def test_a_service_restarts_with_each_of_its_files_and_no_other(tmp_path: Path) -> None:
    def hashes(one: str, two: str, other: str) -> tuple[str, str]:
        keys = f"""files:
  /etc/a: {{content: "{one}", restart: [x.service]}}
  /etc/b: {{content: "{two}", restart: [x.service, y.service]}}
  /etc/c: {{content: "{other}"}}"""
        found = of(tmp_path, keys)
        return started_with(found, "x.service"), started_with(found, "y.service")

    first = hashes("1", "2", "3")
    assert hashes("1", "2", "4") == first
    only_x = hashes("5", "2", "3")
    assert (only_x[0] != first[0], only_x[1] == first[1]) == (True, True)
    both = hashes("1", "6", "3")
    assert (both[0] != first[0], both[1] != first[1]) == (True, True)


def test_a_unit_of_the_users_own_restarts_with_its_text_and_its_files(tmp_path: Path) -> None:
    def found(unit: str, file: str) -> str:
        keys = f"""files: {{/etc/a: {{content: "{file}", restart: [x.service]}}}}
units: {{x.service: {{content: "{unit}"}}}}"""
        return started_with(of(tmp_path, keys), "x.service")

    assert len({found("a", "1"), found("b", "1"), found("a", "2")}) == 3


def test_a_unit_is_started_stopped_or_left_as_its_keys_say() -> None:
    found = desk()
    assert found["unit-up:report.timer"] == UnitUp("report.timer", "")
    assert found["unit-up:snapd.service"] == UnitUp("snapd.service", "")
    assert "unit-off:snapd.service" not in found, "what the spec keeps is not switched off"
    assert "unit-off:snapd.socket" in found
    assert "unit-off:ModemManager.service" in found
    chrony, report = found["unit-up:chrony.service"], found["unit-up:report.service"]
    assert isinstance(chrony, UnitUp)
    assert isinstance(report, UnitUp)
    assert (chrony.enabled, chrony.running) == (False, True)
    assert (report.enabled, report.running) == (False, False)


def test_the_boards_own_name_is_resolved_by_itself() -> None:
    assert content_of_names(desk()) == ["127.0.1.1 desk", "192.0.2.9 registry.lab.example"]


def content_of_names(resources: dict[str, Resource[Any]]) -> list[str]:
    names: Any = resources["names:/etc/hosts"]
    lines: list[str] = names.lines
    return lines


def test_a_secret_is_the_text_of_a_file_and_shown_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORDS", "a canary of a secret")
    keys = 'files: {/etc/a: {content: {env: WORDS}, mode: "600"}}'
    file = of(tmp_path, keys)["file:/etc/a"]
    assert isinstance(file, File)
    assert (file.secret, file.content) == (True, "a canary of a secret")
    assert "canary" not in str(dict(file.attributes))


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("{{ missing }}", "'missing' is undefined"),
        ("{{ host.__class__.__mro__ }}", "access to attribute '__class__'"),
        ("{% include '../secret' %}", "no loader"),
        ("{% for n in range(10 ** 9) %}x{% endfor %}", "Range too big"),
        ("{{ 'x' * 2000000 }}", "larger than 1 MiB"),
        (None, "No such file"),
    ],
    ids=["missing", "escape", "include", "endless", "huge", "absent"],
)
def test_a_template_reads_nothing_else_and_its_error_is_named(
    tmp_path: Path, template: str | None, why: str
) -> None:
    (tmp_path / "files").mkdir()
    if template is not None:
        (tmp_path / "files/a.j2").write_text(template)
    with pytest.raises(FleetError, match=r"the template files/a\.j2 of desk cannot be used") as no:
        of(tmp_path, "files: {/etc/a: {template: a.j2}}")
    assert why in str(no.value)


def test_a_template_is_no_link_out_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "key").write_text("canary")
    (tmp_path / "files/a.j2").symlink_to(tmp_path / "key")
    with pytest.raises(FleetError, match="a link that leads out of its folder"):
        of(tmp_path, "files: {/etc/a: {template: a.j2}}")


def test_a_plan_says_what_the_desktop_takes() -> None:
    off = Desktop(on=False)
    state = DesktopState("graphical.target", "gdm.service", runs=True, used=640 << 20)
    target, runs = (one.sentence for one in off.compare(state, RunOptions()))
    assert target == (
        "the desktop starts at boot (graphical.target); it takes about 800 MB with GNOME"
    )
    assert runs == "gdm.service runs; to stop it ends its sessions and frees 640 MiB"


def test_a_plan_counts_what_an_upgrade_may_change() -> None:
    names = tuple(f"nvidia-l4t-{name}" for name in ("core", "init", "kernel", "tools", "x11"))
    (change,) = Hold("l4t", ("nvidia-l4t-*",)).compare(names, RunOptions())
    assert change.sentence == (
        "an upgrade may change 5 packages: nvidia-l4t-core, nvidia-l4t-init, nvidia-l4t-kernel "
        "and 2 more"
    )
