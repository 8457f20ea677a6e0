"""What one poll of a service that is being started means."""

from __future__ import annotations

import shlex

import pytest

from jetfleet.steps.readiness import Readiness, poll_script

UNIT = "jetfleet-cosmos.service"
READY = "{ path=/usr/local/lib/jetfleet/ready ; argv[]=/usr/local/lib/jetfleet/ready x ; ignore_e"
PASSED = READY + "rrors=no ; start_time=[x] ; stop_time=[x] ; pid=7 ; code=exited ; status=0 }"
FAILED = PASSED.replace("status=0", "status=1")
IGNORED = FAILED.replace("ignore_errors=no", "ignore_errors=yes")


def seen(
    state: str = "activating/start-post", log: str = "Loading weights\n", **fields: str
) -> str:
    """The output of a poll."""
    active, _, sub = state.partition("/")
    shown = {"ActiveState": active, "SubState": sub, "NRestarts": "0", "ExecMainStatus": "0"}
    head = "".join(f"{name}={value}\n" for name, value in {**shown, **fields}.items())
    return f"{head}-- log\n{log}"


@pytest.mark.parametrize(
    ("state", "fields", "verdict"),
    [
        ("active/running", {}, "done"),
        ("active/running", {"Job": ""}, "done"),  # systemctl's output without a job
        ("active/running", {"Job": "412"}, "waits"),  # that is the old one, not stopped yet
        ("activating/start-post", {"Job": "412"}, "waits"),
        ("deactivating/stop-post", {}, "waits"),
        ("failed/failed", {}, "failed"),
        ("inactive/dead", {}, "failed"),
        ("inactive/dead", {"Job": "412"}, "waits"),  # for the engine or a mount
        ("activating/auto-restart", {}, "failed"),
        ("activating/auto-restart-queued", {}, "failed"),
        ("activating/auto-restart", {"Job": "412"}, "waits"),  # the failure is the old one's
        ("activating/start-post", {"Job": "413", "NRestarts": "3"}, "failed"),
        ("activating/start-post", {"Job": "413", "NRestarts": "2"}, "waits"),
    ],
)
def test_the_verdict_of_a_poll(state: str, fields: dict[str, str], verdict: str) -> None:
    progress = Readiness("cosmos", UNIT, 2).progress(seen(state, **fields))
    found = "failed" if progress.failed else "done" if progress.done else "waits"
    assert found == verdict


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"ExecMainStatus": "137"}, "it ended with exit status 137 (killed, as a rule for lack of"),
        ({"ExecMainStatus": "1", "ExecStartPost": PASSED, "said": "old"}, "exit status 1;"),
        ({"ExecMainStatus": "137", "ExecStartPost": FAILED, "said": "it answered 500"},
         "cosmos does not come up: it answered 500; its last lines"),
        ({"ExecMainStatus": "1", "ExecStartPre": IGNORED, "said": "old"}, "exit status 1;"),
        ({"ExecMainStatus": "3", "ExecStartPost": FAILED,
          "said": "the server ended before it was ready"}, "exit status 3;"),
    ],
)  # fmt: skip
def test_the_reason_comes_from_the_part_that_ended(fields: dict[str, str], why: str) -> None:
    failed = Readiness("cosmos", UNIT, 0).progress(seen("failed/failed", **fields)).failed
    assert why in failed
    assert failed.endswith("\n    Loading weights")


@pytest.mark.parametrize("name", ["cosmos: vllm (jetfleet)", f"{UNIT} - cosmos: vllm (jetfleet)"])
def test_the_last_lines_are_those_of_the_server_since_its_start(name: str) -> None:
    """As systemd 249 and 252 write them."""
    log = f"""old
Started {name}.
Starting {name}...
Starting to load model /models/x...
{UNIT}: Control process exited, code=exited, status=1/FAILURE
RuntimeError: out of memory
{UNIT}: Failed with result 'exit-code'.
Failed to start {name}.
Stopped {name}.
"""
    failed = Readiness("cosmos", UNIT, 0).progress(seen("failed/failed", log)).failed
    lines = ["Starting to load model /models/x...", "RuntimeError: out of memory"]
    assert failed.split("its last lines:", 1)[1].split("\n    ")[1:] == lines
    nothing = (
        Readiness("cosmos", UNIT, 0).progress(seen("failed/failed", f"Starting {name}...\n")).failed
    )
    assert nothing.endswith("its last lines: none")


@pytest.mark.parametrize(
    ("before", "after", "moves"),
    [
        ({"log": "10 %\n"}, {"log": "20 %\n"}, True),
        ({"work": "0 8:0 rbytes=1"}, {"work": "0 8:0 rbytes=2"}, True),
        ({"work": "1000000"}, {"work": "9000000"}, True),
        ({"work": "1000"}, {"work": "2000"}, False),  # it idles
        ({"state": "deactivating/stop"}, {"state": "deactivating/stop"}, True),  # the old one
        ({"log": "[21/Nov/2026 6:02:23] code 404\n"}, {"log": "[21/Nov/2026 6:02:24] code 404\n"},
         False),
        ({"log": "2026-11-21T16:02:23.5Z waits\n"}, {"log": "2026-11-21T16:02:24Z waits\n"}, False),
        ({"log": "11-21 16:02:23 step 1\n"}, {"log": "11-21 16:02:24 step 2\n"}, True),
        # A server's own log of the question whether it is ready is no progress.
        ({"log": '20 %\nINFO: 127.0.0.1:5001 - "GET /health HTTP/1.1" 503\n'},
         {"log": '20 %\nINFO: 127.0.0.1:5002 - "GET /health HTTP/1.1" 503\n'}, False),
    ],
)  # fmt: skip
def test_what_counts_as_progress(
    before: dict[str, str], after: dict[str, str], moves: object
) -> None:
    judged = Readiness("cosmos", UNIT, 0).progress
    tokens = [judged(seen(**fields)).token for fields in (before, after)]
    assert (tokens[0] != tokens[1]) is moves


def test_a_server_that_only_answers_our_question_is_not_at_work() -> None:
    judged = Readiness("cosmos", UNIT, 0).progress
    tokens = {judged(seen(work=str(usec))).token for usec in range(0, 20_000_000, 400_000)}
    assert len(tokens) == 1


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        ("not ready yet: status 404, not 200", "code 404 (not ready yet: status 404, not 200)"),
        ("", "code 404"),
        ('{"answers": []}', "code 404"),
    ],
)
def test_the_answer_to_our_request_stands_beside_the_last_line(answer: str, line: str) -> None:
    assert Readiness("cosmos", UNIT, 0).progress(seen(log="code 404\n", answer=answer)).line == line


def called(script: str) -> list[str]:
    """Return the words of the call that a script begins with."""
    return shlex.split(script.partition(" <<")[0])


def test_a_poll_ends_before_half_of_the_patience() -> None:
    assert called(poll_script("cosmos", "jetfleet-cosmos.service", 4))[-1] == "8"
    assert called(poll_script("cosmos", "jetfleet-cosmos.service", 600))[-1] == "50"
