"""`jetfleet rollout`: the plan of a file, and how a rollout stands, from its store alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jetfleet.rollout import events
from tests.support.cli import ROOT, call
from tests.support.forms import keep
from tests.support.rollouts import controller, rollout_of, simulated
from tests.support.simulated_boards import good

EXAMPLE = str(ROOT / "inventory/rollout.yaml")


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    """A store with a rollout that has left out two boards."""
    off = {"board-0004": "unreachable", "board-0005": "refused"}

    def fate(host: str, task: Any) -> str:
        return off.get(host, good(host, task)) if task.purpose == "apply" else good(host, task)

    driven = controller(tmp_path, rollout_of([1, 12]), simulated(tmp_path, fate=fate))
    driven.run()
    return tmp_path / "rollouts.sqlite"


def test_a_plan_names_waves_gates_and_windows() -> None:
    done = call("rollout", "plan", EXAMPLE)
    assert done.returncode == 0, done.stderr
    assert "canary: 5 hosts, a canary of each class" in done.stdout
    assert "gates after 15 min 0 s: verified, in-sync" in done.stdout
    whole = json.loads(call("rollout", "plan", EXAMPLE, "--json").stdout)
    assert (whole["schema"], len(whole["hosts"])) == (1, 5)


def test_a_wrong_file_is_named_with_its_lines(tmp_path: Path) -> None:
    (tmp_path / "rollout.yaml").write_text(
        f"version: 1\nspec: {ROOT}/inventory/lab.yaml\nwavs: 1\n"
    )
    done = call("rollout", "plan", "rollout.yaml", cwd=tmp_path)
    assert done.returncode == 1
    assert "rollout.yaml:3:1: error: wavs: found the unknown key" in done.stderr


def test_status_is_read_from_the_store(begun: Path, request: Any) -> None:
    done = call("rollout", "status", "--store", str(begun))
    assert done.returncode == 3, done.stderr
    keep("rollout-status.txt", done.stdout, request)
    as_json = call("rollout", "status", "r1", "--json", "--store", str(begun))
    assert as_json.returncode == 3
    keep("rollout-status.json", as_json.stdout, request)


def test_status_as_markdown_junit_and_a_page(begun: Path, tmp_path: Path, request: Any) -> None:
    page, xml = tmp_path / "page.html", tmp_path / "rollout.xml"
    words = ("--store", str(begun), "--html", str(page), "--junit", str(xml), "--markdown")
    done = call("rollout", "status", *words)
    assert (done.returncode, done.stderr) == (3, "")
    keep("rollout-status.md", done.stdout, request)
    keep("rollout.xml", xml.read_text(encoding="utf-8"), request)
    assert 'data-host="board-0004" data-state="unreachable"' in page.read_text(encoding="utf-8")
    both = call("rollout", "status", "--store", str(begun), "--json", "--markdown")
    assert (both.returncode, both.stdout) == (1, "")
    nowhere = call("rollout", "status", "--store", str(begun), "--html", str(tmp_path / "no/p"))
    assert (nowhere.returncode, "cannot be written" in nowhere.stderr) == (1, True)


def test_a_plan_as_markdown(request: Any) -> None:
    done = call("rollout", "plan", EXAMPLE, "--markdown")
    assert (done.returncode, done.stderr) == (0, "")
    keep("rollout-plan.md", done.stdout, request)


def test_watch_ends_with_the_rollout_or_with_its_time(begun: Path, tmp_path: Path) -> None:
    assert call("rollout", "watch", "--store", str(begun)).returncode == 3
    driven = controller(tmp_path / "other", rollout_of([1, 2]), simulated(tmp_path))
    driven.store.add(driven.rollout, [events.Opened(1.0, "ada")])
    done = call("rollout", "watch", "--for", "1s", "--store", str(driven.store.path))
    assert done.returncode == 5
    assert "rollout r1 of lab.yaml: running" in done.stdout


def test_status_without_a_store_makes_none(tmp_path: Path) -> None:
    path = tmp_path / "none.sqlite"
    done = call("rollout", "status", "--store", str(path))
    assert (done.returncode, path.exists()) == (1, False)
    assert "no rollout was begun here" in done.stderr


def say(store: Path, word: str, *words: str) -> Any:
    return call("rollout", word, "r1", *words, "--store", str(store))


def test_a_word_is_recorded_with_who_said_it_and_why(tmp_path: Path) -> None:
    driven = controller(tmp_path, rollout_of([1, 2]), simulated(tmp_path))
    store = driven.store.path
    assert say(store, "pause", "--reason", "lunch\x1b[2J").returncode == 0
    _, event = driven.store.events("r1")[-1]
    assert isinstance(event, events.Paused)
    assert event.reason.isprintable()
    assert event.reason.startswith("lunch")
    assert "@" in event.by
    again = say(store, "resume")  # nothing says what it would bring to the boards
    assert (again.returncode, "is not a rollout of this jetfleet" in again.stderr) == (1, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("judge", "--pass", "--reason", "x"), "is not over"),
        (("judge", "--pass", "--wave", "wave-7", "--reason", "x"), "no wave wave-7; did you mean"),
        (("abort", "--reason", " "), "no reason is given"),
        (("retry", "--reason", "x"), "nothing to retry"),
        (("catch-up",), "comes after the last wave"),
        (("undo", "--reason", "x"), "write --wave and its name, or --all"),
    ],
)
def test_what_means_nothing_is_refused(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    driven = controller(tmp_path, rollout_of([1, 2]), simulated(tmp_path))
    done = say(driven.store.path, *words)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert driven.store.events("r1") == []


def test_hosts_are_caught_up_and_taken_back_by_words(begun: Path) -> None:
    assert say(begun, "catch-up").returncode == 0
    folder = begun.parent
    again = controller(folder, rollout_of([1, 12]), simulated(folder))
    assert again.run() == 3  # one was refused: that is for a person
    assert say(begun, "retry", "board-0005", "--reason", "there is room now").returncode == 0
    assert controller(folder, rollout_of([1, 12]), simulated(folder)).run() == 0
    assert say(begun, "undo", "--wave", "wave-1", "--reason", "enough").returncode == 0
    assert controller(folder, rollout_of([1, 12]), simulated(folder)).run() == 4
