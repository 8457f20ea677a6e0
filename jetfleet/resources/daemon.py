"""The Docker daemon's configuration, merged key by key, and whether the daemon runs with it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from jetfleet.catalog.rules import broken
from jetfleet.catalog.situation import Situation
from jetfleet.resources.resource import Change, Resource, RunOptions, Unreadable
from jetfleet.steps import LinkResolver, Refused, Run, Steps
from jetfleet.steps.shell import STATE_DIR, write_file
from jetfleet.steps.systemd import read_units

CONFIG = "/etc/docker/daemon.json"
STARTED_WITH = f"{STATE_DIR}/docker-started-with.json"
"""The copy that docker.service's drop-in makes at each start of the daemon."""
BACKUP = f"{CONFIG}.jetfleet-old"

UNIT = "docker.service"
TOOLKIT = "nvidia-container-toolkit"

KeyPath = tuple[str, ...]


@dataclass(frozen=True)
class DaemonState:
    """The daemon's file, what it was started with, and whether it answers.

    Parameters
    ----------
    engine:
        Version of the engine's package, ``yes`` if it came without one, empty if there is none.
    toolkit:
        Version of NVIDIA's Container Toolkit, empty if no package says so.
    raw_table:
        The kernel has iptables' raw table, which Docker 28 and later needs for bridges.
    config, started_with:
        Text of the file, and of the file at the daemon's last start; None if absent.
    drop_in:
        Hash of the drop-in that the daemon was started with.
    active, enabled, stale_unit:
        As systemd has docker.service.
    backup:
        The old file of a run that died before it knew whether the new one works is still there.

    """

    engine: str
    raw_table: bool
    config: str | None
    started_with: str | None
    drop_in: str
    active: bool
    enabled: bool
    stale_unit: bool
    backup: bool = False
    toolkit: str = ""


@dataclass(frozen=True)
class Daemon(Resource[DaemonState]):
    """Docker runs, starts at boot, and has these keys in its configuration.

    Parameters
    ----------
    settings:
        Keys of daemon.json with the values that they shall have; nested objects are merged key
        by key, and keys that are not named here stay as the board has them.
    drop_in:
        Hash of the drop-in file that the daemon must have been started with.
    soc:
        ``orin`` or ``thor``: some versions are known not to work on one of them.
    waived:
        Rules of the catalog that shall not hold on this board.

    """

    kind: ClassVar[str] = "daemon"
    settings: str
    drop_in: str
    soc: str = ""
    waived: frozenset[str] = frozenset()

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
            "file:/etc/systemd/system/docker.service.d/jetfleet.conf",
            "filesystem:*",
        )

    @property
    def wanted(self) -> Mapping[str, Any]:
        """The settings as an object."""
        return json.loads(self.settings)  # type: ignore[no-any-return]

    @property
    def units(self) -> tuple[str, ...]:
        return (UNIT,)

    @classmethod
    def survey(cls, resources: Sequence[Daemon], options: RunOptions) -> str:
        del resources, options
        # Asking dockerd itself for its version costs more than all the rest of this section.
        return f"""packages=$(dpkg-query -W -f '${{Package}}=${{Version}}\\n' \\
  docker.io docker-ce {TOOLKIT})
echo "$packages"
case $packages in
  *[=:]2[89].*|*[=:][3-9][0-9].*) modprobe -n iptable_raw && echo raw_table=yes ;;
esac
[ -x /usr/bin/dockerd ] || [ -x /usr/sbin/dockerd ] && echo dockerd=yes
for f in {CONFIG} {STARTED_WITH}; do
  [ -f $f ] && echo "$f $(base64 -w0 $f)"
done
[ -f {BACKUP} ] && echo backup=yes
true
"""

    @classmethod
    def read(cls, text: str, resources: Sequence[Daemon]) -> dict[str, DaemonState]:
        fields: dict[str, str] = {}
        files: dict[str, str] = {}
        for line in text.splitlines():
            if line.startswith(("/etc/", "/run/")):
                path, _, encoded = line.partition(" ")
                files[path] = _text(encoded)
            else:
                name, _, value = line.partition("=")
                fields[name] = value
        unit = read_units(text).get(UNIT)
        if unit is None:
            raise Unreadable(f"systemd says nothing of {UNIT}")
        state = DaemonState(
            engine=fields.get("docker-ce") or fields.get("docker.io") or fields.get("dockerd", ""),
            toolkit=fields.get(TOOLKIT, ""),
            raw_table=fields.get("raw_table") == "yes",
            config=files.get(CONFIG),
            started_with=files.get(STARTED_WITH),
            drop_in=unit.started_with,
            active=unit.active == "active",
            enabled=unit.enabled,
            stale_unit=unit.stale,
            backup=fields.get("backup") == "yes",
        )
        return {r.key: state for r in resources}

    def compare(self, actual: DaemonState, options: RunOptions) -> list[Change]:
        self._check_engine(actual, options)
        have = _parse(actual.config, CONFIG)
        running = _parse(actual.started_with, STARTED_WITH)
        wanted = dict(_leaves(self.wanted))
        merged = merge(have, self.wanted)
        changes = [
            Change(
                ".".join(path),
                _show(_at(have, path)),
                _show(value),
                f"{CONFIG} has another {'.'.join(path)}",
                (actual.config or "", render(merged)) if options.diff else None,
            )
            for path, value in sorted(wanted.items())
            if not _same(path, _at(have, path), value)
        ]
        if not actual.active:
            changes.append(Change("active", "no", "yes", "the Docker daemon does not run"))
        elif actual.drop_in != self.drop_in or any(
            not _same(path, _at(running, path), value) for path, value in wanted.items()
        ):
            changes.append(
                Change(
                    "running",
                    "started with other settings",
                    "these settings",
                    "the Docker daemon runs with other settings",
                )
            )
        if not actual.enabled:
            changes.append(Change("enabled", "no", "yes", "Docker does not start at boot"))
        if actual.stale_unit:
            changes.append(Change("unit", "old", "new", "systemd has an old docker.service"))
        if actual.backup:
            changes.append(Change("backup", "left", "absent", f"{BACKUP} was left by a dead run"))
        return changes

    def steps(
        self,
        actual: DaemonState,
        changes: Sequence[Change],
        options: RunOptions,
        resolver: LinkResolver,
    ) -> Steps:
        del options, resolver
        new = render(merge(_parse(actual.config, CONFIG), self.wanted))
        named = {change.attribute for change in changes}
        script = "set -eu\nsystemctl daemon-reload\n"
        if "enabled" in named:
            script += "systemctl -q enable docker.service\n"
        restart = bool(named & {"active", "running"})
        if named - {"enabled", "active", "running", "unit", "backup"}:
            script += _replace_config(new, keep_old=restart)
        # A daemon that has these settings already goes on, and with it every container.
        script += _RESTART if restart else f"rm -f {BACKUP}\n"
        yield Run(script, self.title)

    def _check_engine(self, actual: DaemonState, options: RunOptions) -> None:
        del options
        known = Situation(soc=self.soc or None, toolkit=actual.toolkit.partition("-")[0] or None)
        for rule in broken(known):
            if rule.at == "board" and rule.id not in self.waived:
                raise Refused(
                    f"{rule.sentence}, and this board has {actual.toolkit}: {rule.remedy} "
                    f"(rule {rule.id})"
                )
        if not actual.engine:
            raise Refused(
                "no Docker engine on the board: install the one of its JetPack "
                "(`apt-get install nvidia-container docker.io`)"
            )
        # docker-ce has an epoch: `5:27.5.1-1~ubuntu.22.04~jammy`.
        found = re.match(r"(?:\d+:)?(\d+)\.", actual.engine)
        lacking = found and int(found[1]) >= _RAW_TABLE_SINCE and not actual.raw_table
        if found and lacking and _RAW_TABLE_RULE not in self.waived:
            raise Refused(
                f"Docker {found[1]} needs iptables' raw table, which this kernel does not have "
                "(https://github.com/moby/moby/issues/49557): install Docker 27.5.1 and hold it "
                f"(rule {_RAW_TABLE_RULE})"
            )


_RAW_TABLE_RULE = "docker-28-raw-table"
_RAW_TABLE_SINCE = 28

# A daemon that does not come up gets its old file back: a board without Docker is a board that
# somebody walks to. The backup stays until a start has succeeded, so that a run which died
# between the two is mended by the next.
# A few starts in a minute are too many for its unit; ours is not one of a loop.
_RESTART = f"""systemctl reset-failed docker.service 2>/dev/null || true
if ! systemctl restart docker.service 2>/dev/null; then
  log=$(journalctl -q -u docker.service -t dockerd -n 1 -o cat --no-pager)
  if [ -f {BACKUP} ]; then
    if [ -s {BACKUP} ]; then mv -f {BACKUP} {CONFIG}; else rm -f {BACKUP} {CONFIG}; fi
    systemctl reset-failed docker.service || true
    systemctl restart docker.service || true
    echo "Docker did not come up with these settings, and the old {CONFIG} is back; write other \
ones under docker in the spec; dockerd said: $log" >&2
  else
    echo "Docker does not come up; dockerd said: ${{log:-nothing}}" >&2
  fi
  exit 1
fi
rm -f {BACKUP}
"""


def _replace_config(text: str, *, keep_old: bool) -> str:
    staged = f"{CONFIG}.jetfleet-check"
    return f"""{write_file(staged, text)}
if dockerd --help 2>/dev/null | grep -q -- --validate; then
  said=$(dockerd --validate --config-file={staged} 2>&1) || {{
    rm -f {staged}; echo "dockerd refuses the settings: $(echo "$said" | tail -n 1)" >&2; exit 1; }}
fi
{_KEEP_OLD if keep_old else ""}mv -f -T {staged} {CONFIG}
"""


_KEEP_OLD = f"""if [ ! -f {BACKUP} ]; then
  if [ -f {CONFIG} ]; then cp -p {CONFIG} {BACKUP}; else : > {BACKUP}; fi
fi
"""


def merge(have: Mapping[str, Any], want: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``have`` with the keys of ``want`` set, objects merged key by key.

    ``runtimeArgs`` (old documents) and ``args`` (nvidia-ctk) mean the same: whichever the board
    has is kept, so that jetfleet and nvidia-ctk do not overwrite each other for ever.
    """
    merged = dict(have)
    for key, value in want.items():
        old = merged.get(key)
        merged[key] = (
            merge(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
        )
    return merged


def render(settings: Mapping[str, Any]) -> str:
    """JSON as nvidia-ctk writes it: four blanks."""
    return json.dumps(settings, indent=4, ensure_ascii=False) + "\n"


def _leaves(settings: Mapping[str, Any], above: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    for key, value in settings.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, (*above, key))
        else:
            yield (*above, key), value


_ABSENT = object()


def _at(settings: Mapping[str, Any], path: KeyPath) -> Any:  # noqa: ANN401
    value: Any = settings
    for key in path:
        if not isinstance(value, Mapping) or key not in value:
            return _ABSENT
        value = value[key]
    return value


def _same(path: KeyPath, have: Any, want: Any) -> bool:  # noqa: ANN401
    if path[0] == "runtimes" and path[-1] in {"args", "runtimeArgs"} and have is _ABSENT:
        return want in ([], None)
    return bool(have == want)


def _show(value: Any) -> str:  # noqa: ANN401
    return "absent" if value is _ABSENT else json.dumps(value, ensure_ascii=False)


def _text(encoded: str) -> str:
    return base64.b64decode(encoded).decode(errors="replace")


def _parse(text: str | None, path: str) -> dict[str, Any]:
    if text is None or not text.strip():
        return {}
    try:
        parsed = json.loads(text)
    except json.JSONDecodeError as error:
        raise Refused(
            f"{path} is no valid JSON ({error}): Docker would not start with it after the next "
            "reboot; mend or remove it, it is not overwritten"
        ) from error
    if not isinstance(parsed, dict):
        raise Refused(f"{path} holds no JSON object: mend or remove it, it is not overwritten")
    return parsed
