"""Which roles a deploy applies, read from its text: nothing of pyinfra is loaded for it."""

from __future__ import annotations

import ast
import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from jetfleet.errors import FleetError

if TYPE_CHECKING:
    from jetfleet.fleet import Role

DEPLOY = Path("deploys/llm.py")
"""The deploy that is meant where none is named."""


def find_deploy(spec: Path, named: Path | None) -> Path:
    """Return the deploy that was named, or `DEPLOY` here or in a folder above the spec."""
    above = [Path(), *spec.absolute().parents]
    for path in [named] if named else [folder / DEPLOY for folder in above]:
        if path.is_file():
            return path
    raise FleetError(
        f"there is no deploy {named or DEPLOY}: run this where it is, or name one with --deploy"
    )


def roles_of(deploy: Path) -> tuple[Role, ...]:
    """Return the roles that a deploy applies, in its order.

    Raises
    ------
    FleetError
        It is no file of imports and calls of `apply` with roles, or a role cannot be imported.

    """
    try:
        body = ast.parse(deploy.read_text(encoding="utf-8"), str(deploy)).body
    except (OSError, SyntaxError, UnicodeDecodeError) as error:
        raise FleetError(f"{deploy} cannot be read as a deploy: {error}") from error
    known = _imported(body)
    names = [name for statement in body for name in _applied(statement)]
    if not names or not all(name in known for name in names):
        raise FleetError(
            f"{deploy} is not a deploy that can be rendered: that has imports of roles and "
            "`apply(role, …)`, and nothing that is decided at run time; name one with --deploy"
        )
    here = str(deploy.absolute().parent.parent)
    if here not in sys.path:
        sys.path.append(here)  # where pyinfra would find roles of the fleet's own
    return tuple(_role(known[name], deploy) for name in dict.fromkeys(names))


def _imported(body: list[ast.stmt]) -> dict[str, str]:
    """Return the modules that a file's imports name, by the names they have in it."""
    found: dict[str, str] = {}
    for statement in body:
        if isinstance(statement, ast.ImportFrom) and statement.module:
            for alias in statement.names:
                found[alias.asname or alias.name] = f"{statement.module}.{alias.name}"
    return found


def _applied(statement: ast.stmt) -> list[str]:
    """Return the names in `apply(a, b)`; an empty name for what is not one."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call):
        return []
    if not isinstance(call.func, ast.Name) or call.func.id != "apply":
        return []
    return [one.id if isinstance(one, ast.Name) else "" for one in call.args]


def _role(name: str, deploy: Path) -> Role:
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        raise FleetError(f"the role {name} of {deploy} cannot be imported: {error}") from error
    if not hasattr(module, "desired"):
        raise FleetError(f"{name} in {deploy} is no role: it has no `desired`")
    return module
