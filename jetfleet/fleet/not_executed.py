"""Operations of pyinfra in a deploy that is only read for its roles: none of them is executed."""

from __future__ import annotations

import builtins
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_OPERATIONS = "pyinfra.operations"


class _Operation:
    """Stands for an operation, for a module of them, and for the result of one."""

    def __getattr__(self, name: str) -> _Operation:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *_: object, **__: object) -> _Operation:
        return self


class _Pyinfra:
    """Stands for the package of pyinfra where a module imports its operations by their path."""

    operations = _Operation()

    def __init__(self, package: Any) -> None:  # noqa: ANN401 - a module
        self._package = package

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._package, name)


@contextmanager
def not_executed(folder: Path) -> Iterator[None]:
    """Let files below a folder import stand-ins for pyinfra's operations, which do nothing.

    An operation needs a host, and a deploy that is only read has none.
    """
    real = builtins.__import__

    def imported(
        name: str,
        variables: Mapping[str, object] | None = None,
        locals_: Mapping[str, object] | None = None,
        names: Sequence[str] | None = (),
        level: int = 0,
    ) -> Any:  # noqa: ANN401
        of_operations = name == _OPERATIONS or name.startswith(f"{_OPERATIONS}.")
        if level or not of_operations or not _is_below(folder, variables):
            if name == "pyinfra" and names and "operations" in names:
                return _Pyinfra(real(name)) if _is_below(folder, variables) else real(name)
            return real(name, variables, locals_, names or (), level)
        return _Operation() if names else _Pyinfra(real("pyinfra"))

    vars(builtins)["__import__"] = imported
    try:
        yield
    finally:
        vars(builtins)["__import__"] = real


def _is_below(folder: Path, variables: Mapping[str, object] | None) -> bool:
    file = (variables or {}).get("__file__")
    return isinstance(file, str) and folder in Path(file).absolute().parents
