"""`jetfleet bench sweep`: what it refuses, and that the spec's state always comes back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jetfleet.bench.points import commands_of
from jetfleet.bench.sweep import Commands, Swept, sweep
from jetfleet.errors import FleetError
from tests.support.cli import call
from tests.support.sweep_commands import commands

SCRIPT = """import sys
from tests.support.sweep_commands import commands
from jetfleet.bench.sweep import sweep
from pathlib import Path
swept = sweep(["a", "b", "c"], commands(Path(sys.argv[1])), print)
print(swept.signal, swept.restored, flush=True)
"""


def done(folder: Path) -> list[str]:
    return (folder / "log").read_text().split()


def test_each_point_is_applied_and_measured_and_the_spec_comes_back(tmp_path: Path) -> None:
    swept = sweep(["a", "b"], commands(tmp_path), lambda _: None)
    assert swept == Swept({}, 0, restored=True)
    assert done(tmp_path) == [
        "plan-spec", "apply-1", "measure-1-a", "apply-2", "measure-2-b", "apply-spec",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "left_out", "reason"),
    [("apply-1", "measure-1-a", "apply ended with 3"), ("measure-1", "", "measure ended with 3")],
)
def test_a_point_that_fails_is_named_and_the_others_are_measured(
    file: str, left_out: str, reason: str, tmp_path: Path
) -> None:
    (tmp_path / file).write_text("exit 3\n")
    swept = sweep(["a", "b"], commands(tmp_path), lambda _: None)
    assert swept == Swept({"a": reason}, 0, restored=True)
    ran = done(tmp_path)
    assert (left_out in ran, "measure-2-b" in ran, ran[-1]) == (False, True, "apply-spec")


def test_boards_in_another_state_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "plan-spec").write_text("exit 2\n")
    with pytest.raises(FleetError, match="apply the spec first"):
        sweep(["a"], commands(tmp_path), lambda _: None)
    assert done(tmp_path) == ["plan-spec"]


def test_boards_that_did_not_answer_are_not_swept(tmp_path: Path) -> None:
    (tmp_path / "plan-spec").write_text("exit 3\n")
    with pytest.raises(FleetError, match="which board did not answer"):
        sweep(["a"], commands(tmp_path), lambda _: None)
    assert done(tmp_path) == ["plan-spec"]


def test_a_sweep_that_is_killed_leaves_its_point_and_the_next_says_how_to_put_back(
    tmp_path: Path,
) -> None:
    """Nothing can put back after SIGKILL: what it has begun ends in order, and nothing follows."""
    (tmp_path / "apply-1").write_text(f"sleep 1; echo applied > {tmp_path}/state\n")
    process = _started(tmp_path, "apply-1")
    process.kill()
    process.wait(20)
    end = time.monotonic() + 20
    while not (tmp_path / "state").exists():
        assert time.monotonic() < end
        time.sleep(0.05)
    time.sleep(0.5)
    assert done(tmp_path) == ["plan-spec", "apply-1"]
    (tmp_path / "plan-spec").write_text("exit 2\n")
    with pytest.raises(FleetError, match="that was killed leaves the state of its point"):
        sweep(["a"], commands(tmp_path), lambda _: None)


def test_what_the_commands_print_is_not_on_standard_output(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Standard output has the tables alone, so that Markdown can go into a file."""
    (tmp_path / "measure-1").write_text("echo figures\n")
    sweep(["a"], commands(tmp_path), lambda _: None)
    assert capfd.readouterr() == ("", "figures\n")


def test_a_program_that_is_missing_does_not_keep_a_point_on_the_boards(tmp_path: Path) -> None:
    known = commands(tmp_path)
    broken = Commands(known.plan, known.apply, lambda _: (str(tmp_path / "missing"),))
    with pytest.raises(FileNotFoundError):
        sweep(["a"], broken, lambda _: None)
    assert done(tmp_path) == ["plan-spec", "apply-1", "apply-spec"]


def test_a_failure_to_put_back_is_said(tmp_path: Path) -> None:
    (tmp_path / "apply-spec").write_text("exit 4\n")
    assert sweep(["a"], commands(tmp_path), lambda _: None) == Swept({}, 0, restored=False)


@pytest.mark.parametrize("part", ["apply-2", "measure-2"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_point_and_puts_the_spec_back(
    part: str, number: signal.Signals, tmp_path: Path
) -> None:
    (tmp_path / part).write_text("while :; do sleep 0.05; done\n")
    (tmp_path / "apply-spec").write_text("sleep 0.5\n")
    process = _started(tmp_path, part)
    os.killpg(process.pid, number)
    _until(tmp_path, "apply-spec")
    os.killpg(process.pid, number)  # once more while the state is put back: it goes on
    assert process.wait(20) == 0
    assert process.stdout
    assert process.stdout.read().splitlines()[-1] == f"{int(number)} True"
    ran = done(tmp_path)
    assert ran[-1] == "apply-spec"
    assert not [one for one in ran if "-3" in one], "no further point"


def test_a_second_signal_ends_the_putting_back_too(tmp_path: Path) -> None:
    (tmp_path / "measure-1").write_text("while :; do sleep 0.05; done\n")
    (tmp_path / "apply-spec").write_text("while :; do sleep 0.05; done\n")
    process = _started(tmp_path, "measure-1")
    os.killpg(process.pid, signal.SIGINT)
    _until(tmp_path, "apply-spec")
    time.sleep(0.3)
    os.killpg(process.pid, signal.SIGINT)
    time.sleep(0.3)
    assert process.poll() is None
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(20) == 0
    assert process.stdout
    assert process.stdout.read().splitlines()[-1] == "2 False", "it says that it did not"


def _started(folder: Path, until: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(folder)],
        stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
        start_new_session=True,
    )  # fmt: skip
    _until(folder, until)
    time.sleep(0.3)
    return process


def _until(folder: Path, beginning: str) -> None:
    log = folder / "log"
    end = time.monotonic() + 20
    while not (log.exists() and any(one.startswith(beginning) for one in done(folder))):
        assert time.monotonic() < end
        time.sleep(0.05)


def test_what_a_sweep_hands_to_a_benchmark_stays_text(tmp_path: Path) -> None:
    """pyinfra reads a value as JSON, as a number or as a truth where it can."""
    points = dict.fromkeys(("1e3", "true", '{"a": 1}', "007", "a=b, c"), ("one", "two"))
    data = {"results": "2025_10", "loads": "1_000", "runs": "3"}
    commands = commands_of(tmp_path, ["--limit", "*", "--reboot"], points, data)
    assert commands.apply[-3:] == ("--limit", "*", "--reboot")
    for title in points:
        words = list(commands.measure(title))
        assert _after("--limit", words) == ["one", "two"]
        given = [one.partition("=") for one in _after("--data", words)]
        assert [name for name, _, _ in given] == [*data, "point"]
        assert _as_pyinfra_reads([value for _, _, value in given]) == [*data.values(), title]


def _after(option: str, words: list[str]) -> list[str]:
    return [words[at + 1] for at, word in enumerate(words) if word == option]


def _as_pyinfra_reads(values: list[str]) -> list[object]:
    """In a process of its own: pyinfra's command changes how Python waits."""
    script = (
        "import json, sys; from pyinfra_cli.util import parse_cli_arg; "
        "print(json.dumps([parse_cli_arg(value) for value in sys.argv[1:]]))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, *values], capture_output=True, text=True, check=True
    )
    read: list[object] = json.loads(ran.stdout)
    return read


SPEC = """version: 1
models: {{q: {{source: "hf:o/m@main"}}}}
hosts:
  h:
    address: 192.0.2.1
    module: agx-thor
    jetpack: "7.0"
    {power}
bench:
  over: {over}
"""


@pytest.mark.parametrize(
    ("power", "over", "said"),
    [
        ("power: {mode: MAXN}", "[]", "write them under `bench.over`"),
        ("power: {mode: MAXN}", "[{power: {clocks: fixed}}]", "fixed"),
        ("power: {mode: MAXN}", "[{power: {mdoe: MAXN}}]", "unknown key"),
        ("power: {mode: MAXN}", "[{services: {x: {model: q}}}]", 'the unknown service "x"'),
        ("power: {clocks: free}", "[{power: {mode: MAXN}}]", "does not say what to put back"),
        ("", "[{power: {clocks: locked}}]", "does not say what to put back"),
        (
            "services: {s: {runtime: vllm, model: q, flags: {max-model-len: 512}}}",
            "[{services: {s: {flags: {seed: 2}}}, title: t}, {services: {s: {flags: 7}}}]",
            "flags",
        ),
        (
            "power: {mode: 120W}",
            "[{power: {mode: MAXN}}, {power: {mode: MAXN}}]",
            "two points of `bench.over` are called mode: MAXN",
        ),
    ],
)
def test_a_sweep_that_cannot_be_is_refused_before_any_connection(
    power: str, over: str, said: str, tmp_path: Path
) -> None:
    spec = tmp_path / "lab.yaml"
    spec.write_text(SPEC.format(power=power, over=over))
    (tmp_path / "deploys").mkdir()
    (tmp_path / "deploys/llm.py").write_text("")
    ran = call("bench", "sweep", str(spec), "-y", "--deploy", str(tmp_path / "deploys/llm.py"))
    assert ran.returncode == 1, ran.stderr
    assert said in " ".join(ran.stderr.split())
