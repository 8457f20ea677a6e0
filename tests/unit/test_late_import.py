"""A module that is imported late is the module itself, as soon as something is taken from it."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import pytest

from jetfleet.late_import import import_late

NAME = "late_canary"


@pytest.fixture
def imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a file that has a line for each import of the module."""
    log = tmp_path / "log"
    package = tmp_path / NAME
    package.mkdir()
    noting = f"open({str(log)!r}, 'a').write('imported\\n')\nvalue = 7\n"
    (package / "__init__.py").write_text(noting)
    (package / "part.py").write_text("other = 8\n")
    log.touch()
    monkeypatch.syspath_prepend(tmp_path)
    for name in (NAME, f"{NAME}.part"):
        monkeypatch.setitem(sys.modules, name, None)  # what the test imports goes with it
        del sys.modules[name]
    return log


def test_to_import_it_imports_nothing(imports: Path) -> None:
    import_late(NAME)
    module = import_module(NAME)
    assert imports.read_text() == ""
    assert module.value == 7
    assert module.value == 7
    assert imports.read_text() == "imported\n"
    assert import_module(NAME).value == 7
    assert imports.read_text() == "imported\n"


def test_a_module_below_it_can_be_imported(imports: Path) -> None:
    import_late(NAME)
    assert import_module(f"{NAME}.part").other == 8
    assert imports.read_text() == "imported\n"


def test_what_it_does_not_have_is_an_error(imports: Path) -> None:
    import_late(NAME)
    with pytest.raises(AttributeError, match="nothing"):
        _ = import_module(NAME).nothing
    assert imports.read_text() == "imported\n"


def test_one_that_is_there_or_not_installed_stays_as_it_is(imports: Path) -> None:
    module = import_module(NAME)
    import_late(NAME)
    assert sys.modules[NAME] is module
    import_late("no_such_canary")
    assert "no_such_canary" not in sys.modules
    assert imports.read_text() == "imported\n"
