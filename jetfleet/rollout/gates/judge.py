"""The verdict of a wave, from its gates and what is known of its boards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from jetfleet.rollout.gates.bounds import FIGURES
from jetfleet.rollout.gates.hard import HARD
from jetfleet.rollout.gates.measured import MeasuredGate
from jetfleet.rollout.gates.verdict import Finding, Verdict, Want, worst

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from jetfleet.rollout.gates.evidence import Evidence, Wave
    from jetfleet.rollout.gates.verdict import Result


class Gate(Protocol):
    """A gate of a rollout file: its name, and its settings as plain values."""

    @property
    def name(self) -> str:
        """Its name in the file."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """What the file says of it; a single word has the key `is`."""


def judge(gates: Sequence[Gate], wave: Wave) -> Verdict:
    """Return the verdict of a wave. It is pure: the same values give the same verdict.

    Fail if more boards fail than are allowed, or a class of boards is too slow. Else inconclusive
    if fewer boards than the quorum have an answer for every gate, or a class has not. Else pass.
    Without any board or any gate it is inconclusive.

    Raises
    ------
    ValueError
        A gate is unknown.

    """
    boards = wave.boards
    findings: list[Finding] = []
    wants: list[Want] = []
    for gate in gates:
        if gate.name in HARD:
            said = _hard(gate, boards)
        elif gate.name in FIGURES:
            said = _measured(gate, wave)
        else:
            known = ", ".join((*HARD, *FIGURES))
            raise ValueError(f"{gate.name} is not a gate: write one of {known}")
        findings += said[0]
        wants += said[1]
    hosts = {one.host: _of_host(one.host, findings) for one in boards}
    result = _whole(findings, hosts, wave) if gates and boards else "inconclusive"
    ends = result == "fail"  # more requests change nothing
    return Verdict(result, tuple(findings), hosts, () if ends else _merged(wants))


_Said = tuple[list[Finding], list[Want]]


def _hard(gate: Gate, boards: Sequence[Evidence]) -> _Said:
    findings: list[Finding] = []
    wants: list[Want] = []
    for board in boards:
        for said in HARD[gate.name](board, gate.settings):
            findings.append(
                Finding(
                    gate.name,
                    said.result,
                    board.host,
                    service=said.service,
                    reason=said.reason,
                    figures=said.figures,
                )
            )
            if said.wait:
                wants.append(Want(board.host, said.service, 0, wait=True))
    return findings, wants


def _measured(gate: Gate, wave: Wave) -> _Said:
    measures = MeasuredGate(gate.name, gate.settings, wave.records)
    having = [one for one in wave.boards if measures.service in one.services]
    findings: list[Finding] = []
    wants: list[Want] = []
    for group in dict.fromkeys(one.group for one in having):
        mine, beside = ([o for o in some if o.group == group] for some in (having, wave.controls))
        found = measures.judge(group, mine, beside)
        findings += found.findings
        wants += found.wants
    if not having:
        reason = f"no board of the wave has the service {measures.service}"
        findings.append(Finding(gate.name, "inconclusive", reason=reason))
    return findings, wants


def _of_host(host: str, findings: Iterable[Finding]) -> Result:
    """Return the result of a board: what is said of it alone, or of all boards together."""
    mine: list[Result] = [one.result for one in findings if one.host == host]
    together = [one for one in findings if not one.host and _is_about(one, host)]
    return worst([*mine, *(one.result for one in together)])


def _is_about(finding: Finding, host: str) -> bool:
    return finding.host == host or host in finding.figures.get("boards", ())


def _whole(findings: Sequence[Finding], hosts: Mapping[str, Result], wave: Wave) -> Result:
    # A board without any of the measured services has nothing to say.
    results = [hosts[h] for h in hosts if any(_is_about(one, h) for one in findings)]
    together: list[Result] = [one.result for one in findings if not one.host]
    alone = [h for h in hosts if any(f.host == h and f.result == "fail" for f in findings)]
    if len(alone) > wave.allowed or "fail" in together:
        return "fail"
    # A board that may fail is known, too; but there is no pass without one that passes.
    known = len(results) - results.count("inconclusive")
    if "inconclusive" in together or "pass" not in results or known < wave.quorum * len(results):
        return "inconclusive"
    return "pass"


def _merged(wants: Iterable[Want]) -> tuple[Want, ...]:
    """Return one want for each service of a board: gates can share the requests of a probe."""
    found: dict[tuple[str, str], Want] = {}
    for one in wants:
        was = found.get((one.host, one.service))
        requests = max(one.requests, was.requests if was else 0)
        wait = one.wait or bool(was and was.wait)
        found[one.host, one.service] = Want(one.host, one.service, requests, wait)
    return tuple(found.values())


def asks_for_floor(gates: Iterable[Gate], touched: Sequence[str]) -> Iterator[str]:
    """Yield a sentence for each gate that a change leaves without a baseline.

    Parameters
    ----------
    touched:
        What the change touches of what decides the speed, as `key.changed` names it.

    """
    for gate in gates:
        if gate.name not in FIGURES or not touched:
            continue
        key = "max" if FIGURES[gate.name] else "min"
        if gate.settings.get(key) is None:
            yield (
                f"the rollout changes {' and '.join(touched)}, so that {gate.name} of "
                f"{gate.settings['service']} has nothing to be compared with: write `{key}:` under "
                "the gate, the figure that must be reached"
            )
