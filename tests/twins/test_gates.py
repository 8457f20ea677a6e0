"""Gates on a twin: a good change passes; a slow one and rubbish fail by what the board says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jetfleet.rollout.gates.evidence import Evidence, Wave
from jetfleet.rollout.gates.judge import judge
from jetfleet.rollout.gates.probe import Ask, probe_script, read_record
from jetfleet.rollout.gates.probed import Record
from jetfleet.rollout.gates.state import BoardState, read_state, state_script
from jetfleet.rollout.gates.verdict import Verdict
from jetfleet.rollout.spec.gate import FULL, GateEntry
from jetfleet.runtimes.registry import runtime_of
from tests.support.lab import Lab, Spec, no_reboot
from tests.support.rendered import fleet

GATES = (*FULL, GateEntry.model_validate({"tokens_per_second": {"service": "cosmos"}}))
HOST, SERVICE = "orin", "cosmos"


def paced(fault: str = "") -> dict[str, str]:
    """The variables of a stand-in that needs a time for each token."""
    given = {"JETFLEET_STANDIN_TOKEN_SECONDS": "0.008", "JETFLEET_STANDIN_FAULT": fault}
    return {name: value for name, value in given.items() if value}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    def edit(spec: Spec) -> None:
        no_reboot(spec)
        spec["defaults"]["services"][SERVICE]["env"] = paced()

    lab = Lab.up(tmp_path_factory.mktemp("gates"), [HOST], edit)
    try:
        lab.converge()
        yield lab
    finally:
        lab.down()


def said(lab: Lab, script: str) -> str:
    """What a script prints on the board; it is longer than an argument may be."""
    done = lab.fleet.exec(HOST, ["sh", "-s"], input=script)
    return str(done.stdout)


def state(lab: Lab) -> BoardState:
    found = read_state(said(lab, state_script([SERVICE], ["/"], [SERVICE])), [SERVICE])
    assert found
    assert not found.readings.errors
    return found


def probe(lab: Lab) -> Record:
    inputs = fleet(lab.spec).role_input(HOST)
    (service,) = (one for one in inputs.host.services if one.name == SERVICE)
    target = runtime_of(service).benchmark(inputs, service)
    output = said(lab, probe_script(target, Ask(requests=5, seconds=60, wait=5)))
    found = read_record(output, target, inputs, service, "2026-11-29T00:00:00Z")
    assert found
    assert not found.probe.error
    return found


def rolled_out(lab: Lab, fault: str, before: tuple[BoardState, Record]) -> Verdict:
    """Change the board, and judge it."""

    def edit(spec: Spec) -> None:
        spec["defaults"]["services"][SERVICE]["env"] = {**paced(fault), "CHANGE": "1"}

    lab.rewrite(edit)
    lab.converge()
    ready = state(lab)
    after = probe(lab)
    board = Evidence(
        HOST, "orin", (SERVICE,), before=before[0], ready=ready, now=state(lab),
        differences=tuple(lab.plan().get(HOST, ())),
        probed_before={SERVICE: before[1]}, probed={SERVICE: after},
    )  # fmt: skip
    return judge(GATES, Wave([board]))


def test_each_bad_change_fails_by_its_own_gate(lab: Lab) -> None:
    before = state(lab), probe(lab)
    assert before[1].key.board.power_mode
    assert before[1].key.image.digest.startswith("sha256:")
    assert before[1].load_seconds
    good = rolled_out(lab, "", before)
    assert good.result == "pass", good.reasons
    slow = rolled_out(lab, "slow", before)
    assert slow.result == "fail"
    assert [one.gate for one in slow.findings if one.result == "fail"] == ["tokens_per_second"]
    rubbish = rolled_out(lab, "rubbish", before)
    assert rubbish.of_gate("verified")[:2] == ("fail", (HOST,))
    assert "its answer is rubbish" in rubbish.reasons[0]
