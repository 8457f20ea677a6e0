"""The options of a runtime's program: one table a version, or one for all.

``data/options/<version>.json`` has what the parser of that version says; ``data/options.json`` is a
short table, written from a program's documentation.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from jetfleet.catalog.option_table import Gone, Option, OptionTable
from jetfleet.catalog.version import parts
from jetfleet.runtimes.folders import ROOT, read

_ONE_OF = "choice:"
_SEVERAL = {"list", "csv"}


class OptionTables:
    """The option tables of one runtime.

    Parameters
    ----------
    folder:
        Name of the runtime's folder.
    dotted_since:
        First version that takes ``option.key``; None: none does.

    """

    def __init__(self, folder: str, dotted_since: str | None = None) -> None:
        self._folder, self._dotted_since = folder, dotted_since
        paths = (ROOT / folder / "data/options").glob("*.json")
        self.versions = tuple(sorted((path.stem for path in paths), key=parts))
        """Versions that have a table, oldest first; empty where one table is for all."""

    @cache  # noqa: B019 - there is one of these a runtime, for the whole process
    def table(self, version: str) -> OptionTable:
        """Return the table of exactly this version."""
        rows = read(self._folder, f"options/{version}.json")["options"]
        first = self._dotted_since
        return OptionTable(
            version,
            {name: _parsed(name, row) for name, row in rows.items()},
            dotted=first is not None and parts(version) >= parts(first),
        )

    def of(self, version: str | None) -> OptionTable | None:
        """Return the table of the nearest version that is not newer; None if nothing is known.

        A version older than all tables gets the oldest.
        """
        if not self.versions:
            rows = read(self._folder, "options.json").get("options")
            return _written(self._folder) if rows else None
        if version is None:
            return None
        asked = parts(re.split(r"[+-]", version)[0])
        before = [known for known in self.versions if parts(known) <= asked]
        return self.table(before[-1] if before else self.versions[0])

    def exists_in(self, name: str) -> tuple[str, ...]:
        """Return the versions that have the option `name`, oldest first."""
        return tuple(version for version in self.versions if self.table(version).find(name))


def _parsed(name: str, row: dict[str, Any]) -> Option:
    return Option(
        name=name,
        type=row["type"],
        takes_value=row["takes_value"],
        many=row["nargs"] in {"+", "*"},
        choices=tuple(row["choices"] or ()),
    )


@cache
def _written(folder: str) -> OptionTable:
    """Return the short table; an option with a single dash is found by its name as well."""
    table = read(folder, "options.json")
    rows: dict[str, str] = table["options"]
    gone = {name: Gone(row["since"], row["instead"]) for name, row in table.get("gone", {}).items()}
    return OptionTable(
        "",
        {
            f"--{name.lstrip('-')}": _short(name, kind, gone.get(name))
            for name, kind in rows.items()
        },
    )


def _short(name: str, kind: str, gone: Gone | None) -> Option:
    choices = tuple(kind.removeprefix(_ONE_OF).split("|")) if kind.startswith(_ONE_OF) else ()
    of_text = "str" if kind in _SEVERAL else kind
    return Option(
        name=name,
        type=None if choices or kind in {"any", "csv", "switch"} else of_text,
        takes_value=kind != "switch",
        many=kind in _SEVERAL,
        choices=choices,
        joined=kind == "csv",
        gone=gone,
    )
