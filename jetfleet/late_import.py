"""Modules that are imported when something is taken from them, and not before."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType


class _Late(ModuleType):
    """Stands for a module until something is taken from it."""

    def __getattr__(self, name: str) -> object:
        # What a module says of itself is asked of every module, and asks for none of its content.
        if name.startswith("__") and name != "__path__":
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


def import_late(name: str) -> None:
    """Let a module that is not imported yet be imported when something is taken from it.

    `importlib.util.LazyLoader` does not do: before Python 3.12, `import` itself takes something.

    Parameters
    ----------
    name:
        Of a top-level module. One that is not installed stays as it is: to import it is an error.

    """
    if name not in sys.modules and find_spec(name) is not None:
        sys.modules[name] = _Late(name)


def import_ssh_late() -> None:
    """Let paramiko do without the program runner that it imports.

    paramiko needs `invoke` for `Match exec` in a configuration of SSH alone. It has as many modules
    as paramiko, and takes as long to import.
    """
    import_late("invoke")
