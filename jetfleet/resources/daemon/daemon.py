"""The Docker daemon's configuration, merged key by key, and whether the daemon runs with it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from jetfleet.catalog.docker_packages import PACKAGES
from jetfleet.resources.base import (
    ABSENT,
    MISSING,
    Attribute,
    Attributes,
    Change,
    Effects,
    Resource,
    RunOptions,
    attributes,
    constant,
    yes_or_no,
)
from jetfleet.resources.daemon import store
from jetfleet.resources.daemon.contents import consequences
from jetfleet.resources.daemon.engine import COMING, check_engine, check_release, check_toolkit
from jetfleet.resources.daemon.flags import check_flags
from jetfleet.resources.daemon.items import left, managed
from jetfleet.resources.daemon.merge import ABSENT as NOT_SET
from jetfleet.resources.daemon.merge import KeyPath, leaves, render, same, value_at
from jetfleet.resources.daemon.move import Move, check_move, move_notes, move_of, move_steps
from jetfleet.resources.daemon.proxied import check_proxies, start_of
from jetfleet.resources.daemon.restart import (
    BACKUP,
    CONFIG,
    SECONDS,
    SWITCH,
    kept_script,
    settings_script,
)
from jetfleet.resources.daemon.state import (
    UNIT,
    DaemonState,
    check_json,
    parsed,
    read_daemon,
    survey_daemon,
)
from jetfleet.steps import LinkResolver, Run, Steps
from jetfleet.steps.engine import EngineQuestion
from jetfleet.steps.switch import guarded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Daemon(Resource[DaemonState]):
    """Docker runs, starts at boot, and has these keys in its configuration.

    Parameters
    ----------
    settings:
        Keys of daemon.json with the values that they must have; nested objects are merged key
        by key, and keys that are not named here stay as the board has them.
    drop_in:
        Hash of the drop-in file that the daemon must have been started with.
    soc:
        ``orin`` or ``thor``: some versions are known not to work on one of them.
    waived:
        Rules of the catalog that do not hold on this board.
    proxy:
        Hash of the proxy's file that it must have been started with, empty if the password cannot
        be read; None without a proxy.
    bridged:
        Whether services publish ports of their containers, rather than use the host's network.
    raw_table:
        Whether the drop-in lets it use iptables' raw table.
    move:
        Whether the engine's data are copied when it gets another `data-root`.
    removal:
        ``apply``: items of lists that jetfleet has put there leave with the spec; ``ask``: only if
        the run allows it; ``never``: they stay.

    """

    kind: ClassVar[str] = "daemon"
    chief: ClassVar[tuple[str, ...]] = ("running",)
    moves: ClassVar[frozenset[str]] = frozenset({"active", "running"})
    starts: ClassVar[frozenset[str]] = moves | {"images"}
    settings: str
    drop_in: str
    soc: str = ""
    waived: frozenset[str] = frozenset()
    proxy: str | None = field(default=None, repr=False)
    bridged: bool = True
    raw_table: bool = True
    move: bool = False
    removal: str = "apply"

    @property
    def id(self) -> str:
        return "docker"

    @property
    def title(self) -> str:
        return f"Configure Docker ({CONFIG})"

    @property
    def depends_on(self) -> tuple[str, ...]:
        return (
            "package:*",
            "package-version:*",
            "docker-packages:*",
            "file:/etc/systemd/system/docker.service.d/jetfleet.conf",
            "file:/etc/jetfleet-proxy.env",
            "filesystem:*",
        )

    @property
    def wanted(self) -> Mapping[str, Any]:
        """The settings as an object."""
        return json.loads(self.settings)  # type: ignore[no-any-return]

    @property
    def runs(self) -> str:
        return UNIT

    @property
    def texts(self) -> Mapping[str, str]:
        return {CONFIG: render(self.wanted)}

    @property
    def units(self) -> tuple[str, ...]:
        return (UNIT,)

    @classmethod
    def survey(cls, resources: Sequence[Daemon], options: RunOptions) -> str:
        del options
        return survey_daemon(next((r.wanted.get("data-root", "") for r in resources), ""))

    @classmethod
    def dpkg_names(cls, resources: Sequence[Daemon]) -> tuple[str, ...]:
        del resources
        return PACKAGES

    @classmethod
    def engine_question(cls, resources: Sequence[Daemon]) -> EngineQuestion:
        del resources
        return EngineQuestion(foreign=True)

    @classmethod
    def survey_files(cls, resources: Sequence[Daemon], options: RunOptions) -> tuple[str, ...]:
        del resources, options
        return (CONFIG,)

    @classmethod
    def read(cls, text: str, resources: Sequence[Daemon]) -> dict[str, DaemonState]:
        state = read_daemon(text)
        return {r.key: state for r in resources}

    def desired(self) -> Attributes:
        beside = start_of(self.settings, self.proxy, wanted=self.proxy)
        return {
            "running": Attribute(self.drop_in, "these settings", beside=beside, follows=True),
            **{".".join(path): _setting(value) for path, value in self._leaves},
            **({"images": constant(_UNDER)} if store.manages_store(self.wanted) else {}),
            "active": constant("yes"),
            "enabled": constant("yes"),
            "unit": constant("new"),
            "backup": constant(ABSENT),
            **({"copy": constant(_USED)} if "data-root" in self.wanted else {}),
        }

    def observed(self, actual: DaemonState) -> Attributes:
        have = parsed(actual.config)
        return {
            **{
                ".".join(path): _setting(value if same(path, found, value) else found)
                for path, value in self._leaves
                for found in [managed(path, value_at(have, path), value, actual.put)]
            },
            **{key: _setting(ours) for key, ours in left(have, self.wanted, actual.put)},
            **(
                {"images": store.images_beside(actual, self.wanted) or _UNDER}
                if store.manages_store(self.wanted)
                else {}
            ),
            "active": yes_or_no(actual.active),
            **({"running": self._running(actual)} if actual.active else {}),
            "enabled": yes_or_no(actual.enabled),
            "unit": "old" if actual.stale_unit else "new",
            "backup": "left" if actual.backup else ABSENT,
            **({"copy": "new" if actual.copy else _USED} if "data-root" in self.wanted else {}),
        }

    def settled(self, actual: DaemonState) -> DaemonState:
        """Return a daemon that is being started as one that runs with its files."""
        if not actual.starting:
            return actual
        begun = replace(actual, active=True, started_with=actual.config)
        return replace(begun, drop_in=actual.starts_with, proxy=self.proxy or "")

    @property
    def _leaves(self) -> list[tuple[KeyPath, Any]]:
        return sorted(leaves(self.wanted))

    def _running(self, actual: DaemonState) -> Attribute:
        """Return what the daemon was started with: of its file, the keys that are managed."""
        started = parsed(actual.started_with)
        as_desired = not any(left(started, self.wanted, actual.put)) and all(
            same(path, managed(path, value_at(started, path), one, actual.put), one)
            for path, one in self._leaves
        )
        settings = self.settings if as_desired else actual.started_with
        beside = start_of(settings, actual.proxy, wanted=self.proxy)
        return Attribute(actual.drop_in, "started with other settings", beside=beside)

    def refuse(self, actual: DaemonState, options: RunOptions) -> None:
        del options
        check_toolkit(actual.toolkit, self.soc, self.waived)
        settings = store.merged(actual, self.wanted)
        writes = actual.iptables and settings.get("iptables") is not False
        bridged = self.bridged and writes
        check_engine(actual, self.waived, bridged=bridged, skipped=not self.raw_table)
        # A copy that cannot be read is no reason: the daemon is started again, and makes a new one.
        check_json(actual.config, CONFIG)
        check_proxies(actual.config, self.proxy)
        check_release(actual.engine, self.wanted, self.waived)
        check_flags(actual.flags, settings)
        check_move(actual, self.wanted, allowed=self.move)

    def hides(self, actual: DaemonState) -> tuple[str, ...]:
        if self._move(actual):
            return ()
        away = store.moves(self.wanted, store.runs_with(actual)) or store.images_beside(
            actual, self.wanted
        )
        return ("image:*",) if actual.active and away else ()

    def hidden(self, actual: DaemonState) -> DaemonState:
        """Return the daemon of a board that gets an engine, or another one, before."""
        return replace(actual, engine=COMING, toolkit="")

    def notes(self, actual: DaemonState) -> Sequence[str]:
        actual = self._seen(actual, RunOptions())
        have = attributes(self.observed(actual))
        differs = any(have.get(name) != self.attributes.get(name) for name in self.starts)
        if not (actual.active and differs):
            return ()
        move = self._move(actual)
        if move:
            return tuple(move_notes(actual, move))
        running = store.runs_with(actual)
        return consequences(
            actual.contents,
            actual.containerd_root or store.root_of(running),
            hidden=bool(self.hides(actual)),
            kept=running.get("live-restore") is True,
        )

    def _move(self, actual: DaemonState) -> Move | None:
        return move_of(actual, self.wanted) if self.move else None

    def compare(self, actual: DaemonState, options: RunOptions) -> list[Change]:
        return super().compare(self._seen(actual, options), options)

    def _seen(self, actual: DaemonState, options: RunOptions) -> DaemonState:
        """Return a daemon whose lists have no item that must leave, unless this run allows it."""
        allowed = self.removal == "apply" or (self.removal == "ask" and options.prune)
        return actual if allowed else replace(actual, put={})

    def sentence(self, change: Change, actual: DaemonState) -> str:
        del actual
        if change.attribute == "images":
            return f"Docker keeps images in {change.have}, and not under its data-root"
        if change.attribute not in {*_OF_ENGINE, *self.attributes}:
            return f"{CONFIG} has items of {change.attribute} that have left the spec"
        return _SENTENCES.get(change.attribute, f"{CONFIG} has another {change.attribute}")

    def explain(self, change: Change, actual: DaemonState, options: RunOptions) -> Change:
        change = super().explain(change, actual, options)
        if change.attribute in _OF_ENGINE or not options.diff:
            return change
        paths = [path for path, _ in self._leaves] + [(key,) for key in actual.put]
        return replace(change, diff=store.difference(actual, self.wanted, paths))

    def effects(self, actual: DaemonState, changes: Sequence[Change]) -> Effects:
        down = actual.active and self.restarts(changes)
        return Effects(restarts=("docker",) if down else ())

    def steps(
        self,
        actual: DaemonState,
        changes: Sequence[Change],
        options: RunOptions,
        resolver: LinkResolver,
    ) -> Steps:
        del resolver
        named = {change.attribute for change in changes}
        seen = self._seen(actual, options)
        text = render(store.merged(seen, self.wanted))
        items = store.note_of(actual, self.wanted, leave=seen is actual)
        move, enabled = self._move(actual), "enabled" in named
        if move:
            texts = text, actual.config or "{}\n"
            yield from move_steps(move, self.title, texts, items, enabled=enabled)
        elif named - {"copy"}:
            script = settings_script(
                text if named - _OF_ENGINE else None,
                items,
                enabled=enabled,
                restarted=self.restarts(changes),
            )
            change = Run(script, self.title, seconds=SECONDS)
            if self.restarts(changes):
                yield from guarded(SWITCH, change)
            else:
                yield change
        if "copy" in named and not move:
            yield Run(kept_script(self.wanted["data-root"]), self.title)


_SENTENCES = {
    "active": "the Docker daemon does not run",
    "running": "the Docker daemon runs with other settings",
    "enabled": "Docker does not start at boot",
    "unit": "systemd has an old docker.service",
    "backup": f"{BACKUP} was left by a dead run",
    "copy": "a run died while it moved Docker's data",
}
_OF_ENGINE = frozenset(_SENTENCES)
"""Attributes that are no keys of daemon.json."""

_UNDER = "under data-root"
_USED = "used"


def _setting(value: object) -> Attribute:
    return MISSING if value is NOT_SET else Attribute(value, json.dumps(value, ensure_ascii=False))
