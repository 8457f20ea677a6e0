"""`deploys/bench.py` on a twin: vLLM's own benchmark in the service's container, and its file."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jetfleet.bench.files import load_runs
from jetfleet.bench.table import compare, markdown
from jetfleet.spec.model import HostSpec
from tests.support.lab import LLM, Lab, errors, no_reboot, until
from tests.support.pyinfra import BIN, ROOT, Ran, pyinfra


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab.up(tmp_path_factory.mktemp("bench"), ["orin"], no_reboot)
    try:
        lab.converge()
        yield lab
    finally:
        lab.down()


def bench(lab: Lab, results: Path, *loads: str) -> Ran:
    data = ["--data", f"results={results}", "--data", f"loads={','.join(loads)}"]
    data += ["--data", "runs=2"]
    return pyinfra(lab.inventory, "deploys/bench.py", "-y", *data)


@pytest.mark.campaign
def test_a_run_is_kept_with_what_it_was_run_on(lab: Lab, tmp_path: Path) -> None:
    ran = bench(lab, tmp_path, "low", "conversation")
    assert ran.status == 0, ran.log
    (file,) = (tmp_path / "orin").glob("*.json")
    (run,) = load_runs([file])
    said: dict[str, Any] = json.loads(file.read_text())
    assert said["schema"] == 2
    mode = lab.sh("orin", "nvpmodel -q | sed -n 's/^NV Power Mode: //p'").strip()
    assert (run.board.power_mode, run.board.l4t) == (mode, "36.4.3")
    assert run.board.clocks_locked is False
    digests = lab.sh(
        "orin", "docker image inspect -f '{{json .RepoDigests}}' "
        "$(docker container inspect -f '{{.Image}}' cosmos)",
    )  # fmt: skip
    assert run.image.digest in digests
    assert run.image.digest.startswith("sha256:")
    assert run.model.revision == "1208-fp8-static-kv8"
    runs = run.loads["low"].runs
    assert len(runs) == 2
    assert len({one.seed for one in runs}) == 2
    for low in runs:
        assert low.completed == 10
        assert low.output_throughput > 0
        assert low.p99_ttft_ms >= low.median_ttft_ms > 0
        assert low.cached_tokens == 2048, "the prompt that the program itself sends twice"
    assert not [line for one in compare([run]) for line in one.lines if "cache" in str(line.notes)]
    assert [one.title.split(":")[0] for one in compare([run])] == ["Low load", "Conversation"]


@pytest.mark.campaign
def test_nothing_stays_on_the_board(lab: Lab) -> None:
    assert lab.sh("orin", "ls /run/jetfleet").find("bench") == -1
    assert lab.sh("orin", "systemctl list-units --all --plain 'jetfleet-bench-*' -q") == ""
    assert lab.plan() == {}


@pytest.mark.campaign
def test_a_load_that_no_context_holds_is_named(lab: Lab, tmp_path: Path) -> None:
    def short(spec: dict[str, Any]) -> None:
        spec["groups"]["ample-memory"]["services"]["cosmos"]["flags"]["max-model-len"] = 512

    lab.rewrite(short)
    ran = bench(lab, tmp_path, "high", "low")
    assert ran.status == 1
    assert any("needs 2176 tokens of context, cosmos has 512" in e for e in errors(ran, "orin"))
    assert not list(tmp_path.rglob("*.json"))


@pytest.mark.campaign
def test_a_server_that_is_down_is_reported(lab: Lab, tmp_path: Path) -> None:
    lab.sh("orin", "systemctl stop jetfleet-cosmos")
    try:
        ran = bench(lab, tmp_path, "conversation")
        assert ran.status == 1
        assert any("has no container: apply the spec first" in e for e in errors(ran, "orin"))
        assert not list(tmp_path.rglob("*.json"))
    finally:
        lab.sh("orin", "systemctl start --no-block jetfleet-cosmos")


def sweep_of(lab: Lab, results: Path) -> list[str]:
    words = ["bench", "sweep", str(lab.spec), "-y", "--deploy", str(ROOT / LLM)]
    more = ["--loads", "low", "--runs", "2", "--results", str(results / "runs")]
    more += ["--markdown", "--html", str(results / "page.html")]
    return [str(BIN / "jetfleet"), *words, *more]


def sweep(lab: Lab, results: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(sweep_of(lab, results), capture_output=True, text=True, check=False)


@pytest.mark.campaign
def test_a_sweep_measures_its_points_and_puts_the_spec_back(lab: Lab, tmp_path: Path) -> None:
    def points(spec: dict[str, Any]) -> None:
        spec["groups"]["ample-memory"]["services"]["cosmos"]["flags"]["max-model-len"] = 4096
        spec["bench"] = {
            "over": [
                {"title": "as it is"},
                {"title": "short", "services": {"cosmos": {"flags": {"max-model-len": 2304}}}},
            ]
        }

    lab.rewrite(points)
    lab.converge()
    ran = sweep(lab, tmp_path)
    assert ran.returncode == 0, ran.stderr
    runs = load_runs([tmp_path / "runs"])
    assert ran.stdout == markdown(runs), "standard output has the tables alone"
    assert "| as it is |" in ran.stdout
    assert "<svg" in (tmp_path / "page.html").read_text()
    assert [run.point for run in runs] == ["as it is", "short"]
    assert [run.flags["max-model-len"] for run in runs] == [4096, 2304]
    assert lab.plan() == {}, "the state of the spec is back"


@pytest.mark.campaign
@pytest.mark.skipif(
    "removal" not in HostSpec.model_fields, reason="no apply frees clocks that it has locked"
)
def test_clocks_are_swept_and_free_again(lab: Lab, tmp_path: Path) -> None:
    def points(spec: dict[str, Any]) -> None:
        spec["bench"] = {"over": [{"power": {"clocks": "locked"}}, {"title": "as it is"}]}

    lab.rewrite(points)
    lab.converge()
    ran = sweep(lab, tmp_path)
    assert ran.returncode == 0, ran.stderr
    runs = load_runs([tmp_path / "runs"])
    assert [run.point for run in runs] == ["clocks: locked", "as it is"]
    assert [run.board.clocks_locked for run in runs] == [True, False]
    assert lab.plan() == {}


@pytest.mark.campaign
def test_a_sweep_that_is_killed_leaves_its_point_until_the_next_apply(
    lab: Lab, tmp_path: Path
) -> None:
    """SIGKILL gives no time to put back; the spec still says what to put back."""
    flags = {"flags": {"max-model-len": 2304}}
    short = {"title": "short", "services": {"cosmos": flags}}
    lab.rewrite(lambda spec: spec.update(bench={"over": [short, {"title": "as it is"}]}))
    log = tmp_path / "log"
    with log.open("w") as out:
        process = subprocess.Popen(
            sweep_of(lab, tmp_path), stdout=out, stderr=out, start_new_session=True
        )
        until(lambda: "sweep: measure point 1 of 2" in log.read_text(), "the first point", 300)
        process.kill()
        assert process.wait(30) == -9
    until(lambda: list((tmp_path / "runs").rglob("*.json")), "what was begun goes on", 300)
    assert "apply point 2" not in log.read_text()
    assert lab.plan(), "the boards have the state of the point"
    ran = sweep(lab, tmp_path)
    assert ran.returncode == 1
    assert "that was killed leaves the state of its point" in " ".join(ran.stderr.split())
    lab.converge()
    assert lab.plan() == {}


@pytest.mark.campaign
def test_boards_that_differ_from_the_spec_are_not_swept(lab: Lab, tmp_path: Path) -> None:
    lab.sh("orin", "systemctl stop jetfleet-cosmos")
    try:
        ran = sweep(lab, tmp_path)
        assert ran.returncode == 1
        assert "apply the spec first" in ran.stderr
        assert not list(tmp_path.rglob("*.json"))
    finally:
        lab.sh("orin", "systemctl start --no-block jetfleet-cosmos")
