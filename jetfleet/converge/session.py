"""What is known of one host in one phase of a pyinfra run, and what must be read again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from jetfleet.converge.reading import Reading
from jetfleet.defect import contained
from jetfleet.errors import FleetError
from jetfleet.steps.unconfirmed import Unconfirmed
from jetfleet.survey import survey
from jetfleet.survey.clock import Clock
from jetfleet.survey.survey import Unknown

if TYPE_CHECKING:
    from jetfleet.resources import Change, Resource, RunOptions
    from jetfleet.steps.lease import Lease

RunScript = Callable[[str, int], str]
"""Run a script on the host as root, with a limit in seconds, and return its output.

It raises `Refused` if the script fails.
"""

Guard = Callable[["Session"], str]
"""Check the first whole survey of a phase; return why the host is refused, or nothing."""


@dataclass(frozen=True)
class Verdict:
    """How a resource stands: its changes, or why it is refused."""

    changes: tuple[Change, ...] = ()
    refused: str = ""


class Session:
    """Readings of one host, taken in as few round trips as possible.

    Everything is read at the first question of a phase. After a change only the changed resource
    and what depends on it are read again, all in one script, at the next question about any.
    """

    def __init__(
        self,
        resources: Iterable[Resource[Any]],
        options: RunOptions,
        run_script: RunScript,
        guard: Guard = lambda _: "",
    ) -> None:
        self.resources: Mapping[str, Resource[Any]] = {r.key: r for r in resources}
        self.options = options
        self.known: dict[str, Any] = {}
        self._hidden: Sequence[tuple[str, str]] | None = None
        self.clock = Clock()
        self.lease: Lease | None = None
        self.unconfirmed = Unconfirmed()
        self._run_script = run_script
        self._guard = guard
        self._refused: str | None = None
        self._phase: object = None
        self.announced = False

    def enter(self, phase: object) -> None:
        """Forget everything when another phase begins: the world may have moved on."""
        if phase != self._phase:
            self._phase = phase
            self._refused = None
            self.announced = False
            self.forget()

    def forget(self) -> None:
        """Have everything read again at the next question, as after a reboot."""
        self.known.clear()
        self._hidden = None

    def actual(self, key: str) -> Any:  # noqa: ANN401
        """Return the actual state of a resource, from a survey that is still valid."""
        if key not in self.known:
            self.survey()
        return self.known[key]

    def survey(self) -> None:
        """Read all that is not known, in one script; raise `Refused` if that fails."""
        self.read()
        if self._refused is None:
            self._refused = self._guarded()

    def read(self) -> None:
        """Read all that is not known, without a check of the board; raise `Refused` if it fails."""
        missing = [r for k, r in self.resources.items() if k not in self.known]
        output = self._run_script(
            survey.script(missing, self.options), survey.seconds(missing, self.options)
        )
        found = survey.read(output, missing)
        self.known.update(found.states)
        self._hidden = None
        self._set_clock(found.clock)
        if self._refused is None:
            self.lease = found.lease
            self.unconfirmed = found.unconfirmed

    def reading_after(self, keys: Collection[str]) -> Reading:
        """Return the reading of these resources once they are changed.

        With it comes what is not known then of those behind them.
        """
        stale = self.stale(keys)
        read = [r for r in self._behind(keys) if r.key in stale or r.key not in self.known]
        script = survey.script(read, self.options, board=any(r.sets_clock for r in read))
        seconds = survey.seconds(read, self.options)
        return Reading(script, seconds, tuple(r.key for r in read))

    def take(self, reading: Reading) -> None:
        """Know what such a reading has printed; if it is not whole, all of it is read again."""
        read = [self.resources[key] for key in reading.keys]
        found = survey.read(reading.output or "", read)
        if any(isinstance(state, Unknown) for state in found.states.values()):
            return
        self.known.update(found.states)
        self._hidden = None
        if any(resource.sets_clock for resource in read):
            self._set_clock(found.clock)

    def _behind(self, keys: Collection[str]) -> list[Resource[Any]]:
        """Return these resources, and those that the run comes to after the first of them."""
        resources = list(self.resources.values())
        first = min(i for i, resource in enumerate(resources) if resource.key in keys)
        return resources[first:]

    def _set_clock(self, clock: Clock) -> None:
        self.clock = clock
        self.options = replace(self.options, clock_ahead=clock.ahead)

    def _guarded(self) -> str:
        """Return why the host is refused; a check that fails refuses it for the whole phase."""
        try:
            with contained("checking the survey against the plan"):
                return self._guard(self)
        except FleetError as error:
            return str(error)

    def verdict(self, key: str) -> Verdict:
        """Compare one resource with what is known of it.

        Any error of the survey or the comparison is a refusal: an exception would end the run of
        all hosts.
        """
        resource = self.resources[key]
        try:
            with contained(f"comparing {key}"):
                return self._compared(resource, self.actual(key))
        except FleetError as refusal:
            return Verdict(refused=str(refusal))

    def _compared(self, resource: Resource[Any], actual: object) -> Verdict:
        if self._refused:
            return Verdict(refused=self._refused)
        if isinstance(actual, Unknown):
            named = "look" in actual.reason or "log in" in actual.reason
            remedy = "" if named else "; look at the board"
            return Verdict(refused=f"{resource.title}: {actual.reason}{remedy}")
        changes = tuple(resource.compare(self._expected(resource, actual), self.options))
        if resource.uses_tls(changes) and not self._sets_clock():
            return Verdict(changes, self.clock.refusal(resource.title))
        return Verdict(changes)

    def _sets_clock(self) -> bool:
        """Tell whether a change of this run, before the one that needs the clock, sets it right."""
        return any(
            one.sets_clock and bool(self.verdict(key).changes)
            for key, one in self.resources.items()
        )

    def expected(self, key: str) -> Any:  # noqa: ANN401
        """Return the state of a resource once those that hide it are changed."""
        return self._expected(self.resources[key], self.actual(key))

    def _expected(self, resource: Resource[Any], actual: Any) -> Any:  # noqa: ANN401
        hidden = any(
            _matches(wanted, resource.key) for key, wanted in self._hides() if key != resource.key
        )
        return resource.hidden(actual) if hidden else actual

    def _hides(self) -> Sequence[tuple[str, str]]:
        """Return what each resource hides, as it is; worked out once for each reading."""
        if self._hidden is None:
            self._hidden = [
                (key, wanted)
                for key, state in self.known.items()
                if not isinstance(state, Unknown)
                for wanted in self.resources[key].hides(state)
            ]
        return self._hidden

    def notes(self) -> tuple[str, ...]:
        """Return what a person should know of the board, of all that is known of it."""
        found = (
            note
            for key, actual in self.known.items()
            if not isinstance(actual, Unknown)
            for note in self.resources[key].notes(actual)
        )
        lease = self.lease.note if self.lease else ""
        of_board = filter(None, [lease, self.unconfirmed.note, self.clock.wrong])
        return tuple(dict.fromkeys((*of_board, *found)))

    def is_last(self, keys: Collection[str]) -> bool:
        """Tell whether no resource behind these differs, or may differ once they are changed."""
        stale = self.stale(keys)
        others = [r.key for r in self._behind(keys) if r.key not in keys]
        if any(other in stale or other not in self.known for other in others):
            return False
        verdicts = (self.verdict(other) for other in others)
        return not any(
            verdict.refused or any(not change.waits_for for change in verdict.changes)
            for verdict in verdicts
        )

    def changed(self, keys: Collection[str]) -> None:
        """Mark resources, and all that depends on them, as to be read again."""
        for k in self.stale(keys):
            self.known.pop(k, None)
        self._hidden = None

    def stale(self, keys: Collection[str]) -> set[str]:
        """Return the keys of what must be read again when these are changed, with them."""
        stale = set(keys)
        grown = True
        while grown:
            more = {
                k
                for k, r in self.resources.items()
                if k not in stale
                and any(_matches(wanted, s) for wanted in r.depends_on for s in stale)
            }
            stale |= more
            grown = bool(more)
        return stale


def _matches(wanted: str, key: str) -> bool:
    return key.startswith(wanted[:-1]) if wanted.endswith(":*") else wanted == key
