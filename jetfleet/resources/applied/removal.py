"""The removal of what an apply has put on a board and the spec no longer has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from jetfleet.resources.applied.gone import Gone, gone, resting, running
from jetfleet.resources.applied.guarded import removal_script, without
from jetfleet.resources.applied.job import job_of
from jetfleet.resources.applied.ours import path_of
from jetfleet.resources.applied.record import APPLIED, entries_of, is_data
from jetfleet.resources.applied.sentences import listed, sentence
from jetfleet.resources.applied.state import RemovalState, have, read_state, survey_script
from jetfleet.resources.base import Attribute, Attributes, Change, Effects, Resource, RunOptions
from jetfleet.resources.clocks import UNIT as CLOCKS_UNIT
from jetfleet.resources.host_names import without_names
from jetfleet.steps import LinkResolver, Run, Steps
from jetfleet.steps.program import run_shell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

When = Literal["apply", "ask", "never"]

_STOP_SECONDS = 120
"""Limit of one unit's stop: systemd kills what does not end within 90 seconds."""

_UNREADABLE = (
    f"{APPLIED} cannot be read: what has left the spec is not known, and nothing is removed; the "
    "next apply writes it again"
)


@dataclass(frozen=True)
class Removal(Resource[RemovalState]):
    """Nothing is there that an apply of this deploy has put there and the spec no longer has.

    What runs goes first, so that its ports and its memory are free for what comes; other files go
    last, when nothing reads them any more, and with them images in a run with `prune`.

    Parameters
    ----------
    keep:
        Keys of all resources that the deploy wants.
    deploy:
        File of the deploy: what another deploy has put there is its own affair.
    when:
        ``apply``: it is removed; ``ask``: only if the run allows it; ``never``: it stays.
    last:
        It removes the other files and images, at the end; else what runs, at the beginning.
    most_images:
        Bytes that all images of the engine may take: above it, those that are not needed go, the
        oldest first; None for as many as there are.
    paths:
        All paths that the spec of the host names: a mount below which one is stays.

    """

    kind: ClassVar[str] = "removal"
    keep: frozenset[str]
    deploy: str = ""
    when: When = "apply"
    last: bool = False
    most_images: int | None = None
    paths: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def id(self) -> str:
        return "files" if self.last else "services"

    @property
    def title(self) -> str:
        what = "files that are" if self.last else "what runs and is"
        return f"Remove {what} no longer in the spec"

    @property
    def first(self) -> bool:
        return not self.last

    @property
    def depends_on(self) -> tuple[str, ...]:
        # What the images of an earlier state take is known once its services have other ones.
        return ("removal:*", *(("image:*", "service:*") if self.most_images else ()))

    @property
    def units(self) -> tuple[str, ...]:
        return ("jetfleet-*.service",)

    @classmethod
    def survey(cls, resources: Sequence[Removal], options: RunOptions) -> str:
        bounded = any(r.most_images is not None for r in resources)
        return survey_script(images=options.prune or bounded, mounts=options.prune)

    @classmethod
    def read(cls, text: str, resources: Sequence[Removal]) -> dict[str, RemovalState]:
        state = read_state(text)
        return {r.key: state for r in resources}

    def desired(self) -> Attributes:
        return {}

    def observed(self, actual: RemovalState) -> Attributes:
        return {one.key: Attribute(there) for one, there in self._gone(actual)}

    def details(self) -> Mapping[str, Any]:
        return {"removal": self.when}

    def _gone(self, actual: RemovalState) -> Iterator[tuple[Gone, str]]:
        """Yield what is to be removed, with what is there of it."""
        found = gone(entries_of(actual.record or {}, self.deploy), self.keep, self.deploy)
        leaving = [one.name for one in found if one.kind == "service"]
        if self.most_images is not None:
            # Services of the spec run its images by then, or an earlier row has failed.
            services = (key for key in self.keep if key.startswith("service:"))
            leaving += [key.removeprefix("service:") for key in services]
        holds = (actual.record or {}).get("holds", ())
        for one in resting(found) if self.last else running(found):
            there = have(one, actual, leaving)
            if there and one.key not in holds and not self._user(one, actual):
                yield one, there

    def _user(self, one: Gone, actual: RemovalState) -> str:
        """Return a path on a mount that is still in use; empty for anything else."""
        mounts = actual.mounts if one.kind == "filesystem" else None
        return mounts.user(one.name, self.paths) if mounts else ""

    def compare(self, actual: RemovalState, options: RunOptions) -> list[Change]:
        if self.when == "never":
            return []
        allowed = self._allowed(actual, options)
        return [one for one in super().compare(actual, options) if one.attribute in allowed]

    def _allowed(self, actual: RemovalState, options: RunOptions) -> frozenset[str]:
        """Return the keys of what this run removes."""
        keys = [one.key for one, _ in self._gone(actual)]
        if options.prune:
            return frozenset(keys)
        if self.when != "apply":
            return frozenset()
        return frozenset((*(key for key in keys if not is_data(key)), *self._too_many(actual)))

    def _too_many(self, actual: RemovalState) -> Iterator[str]:
        """Yield the keys of images that go because all of them take too much."""
        if self.most_images is None or actual.images is None:
            return
        free = [one.name for one, _ in self._gone(actual) if one.kind == "image"]
        yield from (f"image:{name}" for name in actual.images.over(free, self.most_images))

    def sentence(self, change: Change, actual: RemovalState) -> str:
        above = self.most_images if change.attribute in self._too_many(actual) else None
        return sentence(change, above)

    def effects(self, actual: RemovalState, changes: Sequence[Change]) -> Effects:
        named = {change.attribute for change in changes}
        stops = (
            one.name if one.kind == "service" else one.unit
            for one, _ in self._gone(actual)
            if one.key in named and one.unit
            # Only units of jetfleet's name are surveyed; one of the spec's own is listed anyway.
            if one.unit in actual.active or not one.unit.startswith("jetfleet-")
        )
        restarts = (
            f"the network of {one.name}"
            for one, _ in self._gone(actual)
            if one.key in named and one.kind == "network"
        )
        return Effects(stops=tuple(stops), restarts=tuple(restarts))

    def notes(self, actual: RemovalState) -> Sequence[str]:
        if self.last:
            return tuple(self._mounted(actual))
        if actual.record is None:
            return (_UNREADABLE,)
        if not actual.record:
            return tuple(self._without_record(actual))
        return tuple(self._waiting(actual))

    def _without_record(self, actual: RemovalState) -> Iterator[str]:
        kept = {path_of(kind, name) for kind, _, name in (key.partition(":") for key in self.keep)}
        unknown = sorted(actual.files.keys() - kept)
        if unknown:
            yield (
                f"{APPLIED} is missing, and {listed(unknown)} not in the spec: nothing is "
                "removed; look at it, and remove yourself what is not needed"
            )

    def _mounted(self, actual: RemovalState) -> Iterator[str]:
        """Yield which mounts stay though a run with `prune` may remove them."""
        found = gone(entries_of(actual.record or {}, self.deploy), self.keep, self.deploy)
        for one in found:
            user = self._user(one, actual) if have(one, actual) else ""
            if user:
                yield f"{one.name} is no longer in the spec, and stays mounted: {user} is in use"

    def _waiting(self, actual: RemovalState) -> Iterator[str]:
        """Yield what is not removed because the spec says so."""
        if self.when == "apply":
            return
        found = gone(entries_of(actual.record or {}, self.deploy), self.keep, self.deploy)
        named = [one.key for one in found if not one.is_data and have(one, actual)]
        if named:
            remedy = "`removal: never`" if self.when == "never" else "allow it with --prune"
            yield f"{listed(named)} no longer in the spec, and not removed ({remedy})"

    def steps(
        self,
        actual: RemovalState,
        changes: Sequence[Change],
        options: RunOptions,
        resolver: LinkResolver,
    ) -> Steps:
        del changes, resolver
        allowed = self._allowed(actual, options)
        found = [one for one, _ in self._gone(actual) if one.key in allowed]
        if any(one.kind == "clocks" for one in found):
            # Stopped first: a boot may be pinning them at this moment.
            stop = f"systemctl stop {CLOCKS_UNIT} || true\n"
            yield Run(stop + run_shell("clocks.sh", "restore"), self.title)
        if any(one.kind == "names" for one in found):
            yield Run(without_names(), self.title)
        entries = entries_of(actual.record or {}, self.deploy)
        cutting = [one for one in found if one.cuts]
        if rest := [one for one in found if not one.cuts]:
            job = job_of(rest, entries)
            seconds = _STOP_SECONDS * (1 + len(job["units"]) + len(job["restart"]))
            yield Run(removal_script(job), self.title, seconds)
        for one in cutting:
            yield from without(one, entries, self.title)
