"""The board itself: it must be the one that the spec says, before anything on it is changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from jetfleet.catalog.flashed import super_missing
from jetfleet.catalog.identity import fits, modules_of, socs_of
from jetfleet.catalog.modules import modules, super_of
from jetfleet.catalog.rules import broken
from jetfleet.catalog.situation import Situation
from jetfleet.catalog.upgrade import way
from jetfleet.resources.base import (
    Attributes,
    Change,
    OnlyCompared,
    Outlook,
    Resource,
    RunOptions,
)
from jetfleet.resources.board.release import RULE, lines_for, other_jetpack, other_release
from jetfleet.resources.board.state import PACKAGES, SURVEY, BoardState, read_board
from jetfleet.resources.jetpack import ALLOW
from jetfleet.steps import Refused
from jetfleet.text import format_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MODULE_RULE = "board-module"
_UNKNOWN = "unknown"


@dataclass(frozen=True)
class Board(OnlyCompared[BoardState]):
    """The host is a Jetson with this module and this L4T release.

    Parameters
    ----------
    l4t:
        Release of the spec, such as ``36.4.3``: its major and minor number must be the board's.
    soc:
        ``tegra234`` (Orin) or ``tegra264`` (Thor).
    module:
        Name in the catalog; empty: any module of the SoC.
    same:
        Other releases that the spec allows, as it names only their JetPack.
    waived:
        Rules that do not hold on this board.
    upgrade:
        Whether the spec allows that an older release of the same major is upgraded.

    """

    kind: ClassVar[str] = "board"
    l4t: str
    soc: str
    module: str = ""
    same: tuple[str, ...] = ()
    waived: frozenset[str] = frozenset()
    upgrade: bool = False

    @property
    def id(self) -> str:
        return "release"

    @property
    def title(self) -> str:
        return "Check the board"

    @classmethod
    def survey(cls, resources: Sequence[Board], options: RunOptions) -> str:
        del resources, options
        return SURVEY

    @classmethod
    def dpkg_names(cls, resources: Sequence[Board]) -> tuple[str, ...]:
        del resources
        return PACKAGES

    @classmethod
    def survey_files(cls, resources: Sequence[Board], options: RunOptions) -> tuple[str, ...]:
        del resources, options
        return ("/etc/nv_tegra_release",)

    @classmethod
    def read(cls, text: str, resources: Sequence[Board]) -> dict[str, BoardState]:
        state = read_board(text)
        return {r.key: state for r in resources}

    def desired(self) -> Attributes:
        module = {"module": self.module} if self.module else {}
        return {"l4t": self.l4t, "soc": self.soc, **module}

    def observed(self, actual: BoardState) -> Attributes:
        # `refuse` and `notes` judge each of them: a difference here stops the host.
        same = not self._is_other_release(actual)
        socs = socs_of(actual.compatible)
        is_soc = self.soc in socs or not socs
        found: Attributes = {
            "l4t": self.l4t if same else actual.l4t,
            "soc": self.soc if is_soc else socs[0],
        }
        if not self.module:
            return found
        other = self._other_module(actual)
        return {**found, "module": other or self.module}

    def refuse(self, actual: BoardState, options: RunOptions) -> None:
        if not actual.l4t:
            raise Refused(
                "no L4T on this host (/etc/nv_tegra_release is missing): check that the address in "
                "the spec is the Jetson's"
            )
        socs = socs_of(actual.compatible)
        if socs and self.soc not in socs:
            raise Refused(
                f"the board is a {actual.model} ({socs[0]}), the spec says {self.soc}: write "
                "the board's own module, or the address of the right board"
            )
        other = self._other_module(actual)
        if other:
            raise Refused(
                f"the board is a {actual.model or 'Jetson'} ({self._shown(actual)}), and the spec "
                f"says {self.module}: write {_written(other)}, or the address of the right board"
                f"{self._not_super(other, actual)} (rule {_MODULE_RULE})"
            )
        if actual.upgrade and not self.upgrade:
            raise Refused(
                f"{actual.upgrade.sentence}: write `upgrade: minor` at this host, and let it end "
                f"with {ALLOW}"
            )
        waits = self._upgrades(actual) and not options.may_upgrade
        if self._is_other_release(actual) or waits:
            raise Refused(other_release(actual.l4t, self.l4t, upgrade=self.upgrade))

    def notes(self, actual: BoardState) -> Sequence[str]:
        jetpack = other_jetpack(actual.jetpack, actual.l4t) if actual.jetpack else ()
        return [*self._of_module(actual), *self._of_release(actual), *jetpack]

    def _of_module(self, actual: BoardState) -> Iterator[str]:
        known = modules_of(actual.compatible, actual.memory_kib)
        if self.module and not known:
            yield (
                f"the device tree names no module of the catalog ({self._shown(actual)}): the spec "
                f"says {self.module}"
            )

    def _of_release(self, actual: BoardState) -> Iterator[str]:
        """Yield what another patch release means: rules may hold for it alone."""
        if not actual.l4t or actual.l4t in {self.l4t, *self.same}:
            return
        yield (
            f"the board runs L4T {actual.l4t}, the spec says {self.l4t}: write "
            f"{lines_for(actual.l4t)}, so that the spec is checked for this release"
        )
        soc = modules()[self.module].soc if self.module in modules() else None
        for rule in broken(Situation(soc=soc, l4t=actual.l4t)):
            if rule.id not in self.waived:
                yield f"{rule.sentence}: {rule.remedy} (rule {rule.id}, {rule.links[0]})"

    def _is_other_release(self, actual: BoardState) -> bool:
        """Tell whether it runs another minor release, which is neither waived nor upgraded."""
        other = _minor(actual.l4t) != _minor(self.l4t) and RULE not in self.waived
        return other and not self._upgrades(actual)

    def _upgrades(self, actual: BoardState) -> bool:
        """Tell whether the board is to be upgraded to another minor release."""
        return self.upgrade and bool(actual.l4t) and way(actual.l4t, self.l4t) == "minor"

    def _other_module(self, actual: BoardState) -> str:
        """Return the module that the board is, if the spec names another; empty if it may be it."""
        if not self.module or _MODULE_RULE in self.waived:
            return ""
        known = [one.name for one in modules_of(actual.compatible, actual.memory_kib)]
        if self.module in known:
            return ""
        mine = modules().get(self.module)
        if known or mine is None or fits(mine, actual.memory_kib):
            return " or ".join(known)
        alike = [o for o in modules().values() if o.soc == mine.soc]
        return " or ".join(o.name for o in alike if fits(o, actual.memory_kib)) or _UNKNOWN

    def _not_super(self, other: str, actual: BoardState) -> str:
        """Return what a board needs that is the module of the spec without its Super modes."""
        mine, found = modules().get(self.module), modules().get(other)
        if mine is None or found is None or found.super or super_of(found) != mine:
            return ""
        return f"; for the Super modes: {super_missing(actual.tree, actual.tnspec)}"

    def _shown(self, actual: BoardState) -> str:
        """Return by what the board's module is known."""
        names = actual.tree or "no `compatible`"
        if actual.memory_kib is None:
            return names
        return f"{names}, {format_bytes(actual.memory_kib * 1024)}"

    def remedy(self, changes: Sequence[Change]) -> str:
        return f"{changes[0].sentence}: write what the board is, or flash it"

    def outlook(self, old: Resource[Any] | None) -> Outlook:
        if not isinstance(old, Board) or (old.l4t, old.soc) == (self.l4t, self.soc):
            return Outlook()
        if self.upgrade and old.soc == self.soc and way(old.l4t, self.l4t) in {"minor", "patch"}:
            return Outlook()
        now = f"L4T {self.l4t} ({self.soc})"
        return Outlook(refused=f"it has to run {now} first, and {old.l4t} is written now")


def _written(module: str) -> str:
    """Return what to write as the module of a board that is not the spec's."""
    if module == _UNKNOWN:
        return "the most similar module of the catalog and waive the rule"
    return f"`module: {module}`"


def _minor(l4t: str) -> list[str]:
    """Return major and minor number of a release."""
    return l4t.split(".")[:2]
