"""A rollout as a JUnit report: a suite a wave, a case a host, and its gates as cases too."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement

from jetfleet.rollout.describe import standing
from jetfleet.rollout.figures import figure_lines
from jetfleet.rollout.outcomes import GOOD, MEANING
from jetfleet.text import printable
from jetfleet.text.junit import junit_text

if TYPE_CHECKING:
    from jetfleet.rollout.rollout import Rollout, Wave
    from jetfleet.rollout.state import HostState, State

_READ = {"fail": "failure", "no-data": "error"}
_JUDGED = {"pass": "", "fail": "failure", "inconclusive": "error", "ready": "skipped"}
_NOT_BACK = frozenset({"no-way-back", "not-back"})


def junit(state: State, rollout: Rollout) -> str:
    """Return the report as XML, in the form that Jenkins and GitLab read.

    A host is a case of the last wave that has it. It is a failure if it has failed or could not be
    brought back, an error if it was left out, and skipped as long as it has not ended, or if it is
    good and was taken back with its wave. The type is its state.
    """
    last = {name: number for number, wave in enumerate(state.waves) for name in wave.hosts}
    suites = []
    for number, wave in enumerate(state.waves):
        suite = Element("testsuite", name=printable(wave.name))
        for name in wave.hosts:
            if last[name] == number:
                _host(suite, name, state.hosts[name])
        _gates(suite, state, number, wave)
        suites.append(suite)
    return junit_text(f"jetfleet rollout {rollout.id} of {rollout.spec_name}", suites)


def _host(suite: Element, name: str, host: HostState) -> None:
    word = standing(host)
    case = _case(suite, printable(name))
    meaning = MEANING.get(host.outcome)
    if host.purpose is not None or meaning is None:
        _say(case, "skipped", word, "not over")
    elif meaning.failed or host.undo in _NOT_BACK:
        _say(case, "failure", word, ": ".join(filter(None, (host.outcome, host.detail))))
    elif host.undo:
        _say(case, "skipped", word, "taken back with its wave")
    elif host.outcome not in GOOD:
        _say(case, "error", word, host.detail)


def _gates(suite: Element, state: State, number: int, wave: Wave) -> None:
    probe, judged = state.probes.get(number), state.verdicts.get(number)
    for gate in wave.gates:
        case = _case(suite, f"gate {printable(gate.name)}")
        read = probe.read.get(gate.name) if probe else None
        if read is None:
            _say(case, "skipped", "waiting", "not read")
        elif read.verdict in _READ:
            said = _say(case, _READ[read.verdict], read.verdict, ", ".join(read.hosts))
            said.text = "\n".join(figure_lines(read.figures))
    if judged is None:
        return
    case = _case(suite, "verdict")
    if _JUDGED[judged.verdict]:
        _say(case, _JUDGED[judged.verdict], judged.verdict, judged.why)


def _case(suite: Element, name: str) -> Element:
    return SubElement(suite, "testcase", classname=suite.get("name", ""), name=name)


def _say(case: Element, tag: str, kind: str, message: str) -> Element:
    text = ": ".join(filter(None, (kind, message)))
    return SubElement(case, tag, message=printable(text), type=printable(kind))
