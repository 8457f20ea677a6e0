"""Groups of a spec as groups of pyinfra, and what `pyinfra --limit` means."""

from __future__ import annotations

import ast
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jetfleet.environment import PHASE
from jetfleet.errors import FleetError
from jetfleet.spec.limit import groups_of, hosts_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jetfleet.spec.load import Spec

# Parameters of pyinfra.api.Inventory, which takes groups as further keywords; a list `all` in an
# inventory file is no group, but all hosts that pyinfra knows.
_TAKEN = frozenset({"self", "names_data", "override_data", "all"})


def groups_for_pyinfra(spec: Spec) -> dict[str, list[str]]:
    """Return the spec's groups that pyinfra can have under their name.

    A host's name stays the host's, because commands limit runs of pyinfra to hosts by name.
    """
    names = {host.name for host in spec.hosts}
    return {
        group: list(hosts)
        for group, hosts in groups_of(spec).items()
        if group not in names | _TAKEN
    }


def check_limit(spec: Spec, variables: Mapping[str, Any]) -> None:
    """Raise `FleetError` if a limit of this run of pyinfra means no host.

    pyinfra itself would warn, do nothing and end with 0.

    Parameters
    ----------
    variables:
        Those of the inventory file.

    """
    context = click.get_current_context(silent=True)
    # A command of jetfleet has checked its limit, and gives names of hosts.
    if context is None or os.environ.get(PHASE):
        return
    file = Path(str(variables.get("__file__", "")))
    own = set(_assigned(file)) | ({file.stem} - set(groups_of(spec)))
    given: dict[str, set[str]] = {}
    for option in ("limit", "exclude"):
        for word in context.params.get(option) or ():
            given.setdefault(option, set()).update(_hosts(spec, option, word, own))
    every = {host.name for host in spec.hosts}
    if given and not given.get("limit", every) - given.get("exclude", set()):
        raise FleetError("--limit and --exclude leave no host: leave one of them out")


def _hosts(spec: Spec, option: str, word: str, own: set[str]) -> tuple[str, ...]:
    """Return the names of the hosts that pyinfra means by a word; of its own groups, any of all."""
    names = tuple(host.name for host in spec.hosts)
    groups = groups_of(spec)
    if word in own:
        if word in groups and set(groups[word]) != set(names):
            raise FleetError(
                f"--{option} {word}: this is a group in {spec.path}, and another one for pyinfra: "
                "rename the group"
            )
        return names
    if word in groups and word not in groups_for_pyinfra(spec) and word not in names:
        raise FleetError(
            f"--{option} {word}: pyinfra cannot have a group of this name: rename it in {spec.path}"
        )
    return hosts_of(spec, (word,))


def _assigned(file: Path) -> Iterator[str]:
    """Yield the variables that an inventory file assigns: lists among them are groups."""
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError):
        return
    for statement in tree.body:
        if isinstance(statement, ast.Assign):
            yield from (one.id for one in statement.targets if isinstance(one, ast.Name))
