"""A deploy: the file that says which roles are applied, in which order.

pyinfra executes the file. Every other command executes it too, up to its call of `apply`, and takes
the roles from there: so there is no second list of roles, and no parser of Python.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

from jetfleet.errors import FleetError
from jetfleet.fleet.not_executed import not_executed
from jetfleet.role.role import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

DEPLOY = Path("deploys/llm.py")
"""The deploy that is meant where none is named."""

OURS = Path(__file__).parents[1] / "deploys"
"""Deploys of the product."""

_READING = ContextVar("_READING", default=False)


class _Roles(BaseException):
    """Ends the execution of a deploy that is only read; no `except Exception` in it stops this."""

    def __init__(self, roles: Sequence[Role] | None) -> None:
        super().__init__()
        self.roles = roles


def find_deploy(spec: Path, named: Path | None = None) -> Path:
    """Return the deploy that was named, or `DEPLOY` here or in a folder above the spec.

    Raises `FleetError` if there is no such file.
    """
    above = [Path(), *spec.absolute().parents]
    for path in [named] if named else [folder / DEPLOY for folder in above]:
        if path.is_file():
            return path
    raise FleetError(
        f"there is no deploy {named or DEPLOY}: run this where it is, or name one with --deploy"
    )


def deploys_beside(deploy: Path) -> list[Path]:
    """Return a deploy, and the others in its folder."""
    others = sorted(path for path in deploy.parent.glob("*.py") if path.name != deploy.name)
    return [deploy, *filter(is_deploy, others)]


def is_deploy(path: Path) -> bool:
    """Tell whether a file for pyinfra uses this product, and so may be read by `roles_of`."""
    try:
        return path.parent == OURS or "jetfleet.converge" in path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False  # pyinfra says why it cannot execute it


def roles_beside(deploy: Path) -> Iterator[Role]:
    """Yield the roles of the other deploys in a deploy's folder; a deploy is read when needed.

    Raises `FleetError` if one of them cannot be read.
    """
    for other in deploys_beside(deploy)[1:]:
        yield from roles_of(other)


def end_of_reading(roles: Sequence[Role] | None) -> None:
    """End `roles_of` with these roles; do nothing while pyinfra executes the deploy.

    None stands for a deploy that applies nothing itself, such as ``deploys/status.py``.
    """
    if _READING.get():
        raise _Roles(roles)


def roles_of(deploy: Path, judged: Callable[[], Path] | None = None) -> tuple[Role, ...]:
    """Return the roles that a deploy applies, in its order, each once.

    Modules of the fleet's own folder, such as ``roles``, are imported for this call only: another
    folder's are never mixed up with them.

    Parameters
    ----------
    judged:
        Returns the deploy whose roles are meant by one that applies nothing itself.

    Raises
    ------
    FleetError
        It cannot be executed, or does not call `apply` with roles.

    """
    roles = _executed(deploy)
    if roles is None:
        return roles_of(judged()) if judged else ()
    for role in roles:
        if not isinstance(role, Role) or not callable(role.desired):
            name = getattr(role, "__name__", repr(role))
            raise FleetError(f"{name} in {deploy} is not a role: it has no function `desired`")
    return tuple({role.__name__: role for role in roles}.values())


def _executed(deploy: Path) -> Sequence[Role] | None:
    try:
        code = compile(deploy.read_text(encoding="utf-8"), str(deploy), "exec")
        with _importing(deploy.absolute().parent), not_executed(deploy.absolute().parents[1]):
            exec(code, {"__file__": str(deploy)})  # noqa: S102 - as pyinfra does
    except _Roles as read:
        return read.roles
    except (OSError, SyntaxError, UnicodeDecodeError) as error:
        raise FleetError(f"{deploy} cannot be read as a deploy: {error}") from error
    except FleetError:
        raise
    except Exception as error:
        raise FleetError(
            f"{deploy} failed before it called apply(): {type(error).__name__}: {error}. Above "
            "apply(), a deploy has imports, plain values and operations of pyinfra only"
        ) from error
    raise FleetError(f"{deploy} applies no roles: write `apply(role, …)`, or name another --deploy")


@contextmanager
def _importing(deploys: Path) -> Iterator[None]:
    """Let a deploy import modules from the folder above its own, and forget those afterwards."""
    before = set(sys.modules)
    reading = _READING.set(True)
    folder = deploys.parent
    # Above deploys of the product is its own package, whose modules are imported below `jetfleet`.
    own = [] if deploys == OURS else [str(folder)]
    sys.path[:0] = own
    try:
        yield
    finally:
        for path in own:
            sys.path.remove(path)
        _READING.reset(reading)
        new = [name for name in sys.modules if name not in before]
        packages = {name.partition(".")[0] for name in new} - before
        own_packages = {name for name in packages if _is_in(name, folder)}
        for name in new:
            if name.partition(".")[0] in own_packages:
                del sys.modules[name]


def _is_in(package: str, folder: Path) -> bool:
    module = sys.modules.get(package)
    places = [*getattr(module, "__path__", ()), getattr(module, "__file__", None) or ""]
    return any(Path(place).parent == folder for place in places)
