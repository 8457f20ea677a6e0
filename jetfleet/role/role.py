"""A role: a Python module that says which resources one concern needs on a host."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from jetfleet.resources import Resource
    from jetfleet.role.role_input import RoleInput


@runtime_checkable
class Role(Protocol):
    """The module of a role, such as `jetfleet.roles.storage` or a fleet's `roles.monitoring`."""

    __name__: str

    def desired(self, inputs: RoleInput) -> list[Resource[Any]]:
        """Return the role's resources on one host; a pure function."""


def short_name(role: Role) -> str:
    """Return the name of a role without its package, such as ``monitoring``."""
    return role.__name__.rpartition(".")[2]


def templates_of(role: Role) -> Path:
    """Return the folder of a role's templates: ``templates/<role>`` beside ``roles/``."""
    file = Path(getattr(role, "__file__", None) or "roles/none.py")
    package = file.parent.parent if file.name == "__init__.py" else file.parent
    return package.parent / "templates" / short_name(role)
