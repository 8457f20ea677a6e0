"""A hub in a folder of its own, added without an edit elsewhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from jetfleet.hubs.base import Hub
from jetfleet.hubs.registry import hub_type
from jetfleet.spec.source import FORMS


@pytest.mark.parametrize("name", FORMS)
def test_each_folder_has_a_client(name: str) -> None:
    assert issubclass(hub_type(name), Hub)


def test_a_spec_is_loaded_without_a_client() -> None:
    code = "import sys, jetfleet.spec.load; print('requests' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


NEW_HUB = {
    "__init__.py": '"""A shelf."""\n',
    "spec.py": """
from jetfleet.spec.source_form import SourceForm

FORM = SourceForm("shelf", "shelf:NAME", r"(?P<name>[a-z]+)", "file", frozenset({"api_key"}),
                  key_variable="SHELF_KEY")
""",
    "download.py": """
from jetfleet.hubs.download import Downloads, Origin


def origin_of(folder):
    return Origin("shelf:book", "1") if folder.path == "/shelf/book" else None


DOWNLOADS = Downloads(origin_of)
""",
    "hub.py": """
import hashlib

from jetfleet.hubs.base import Hub, Listed
from jetfleet.steps import Links


class Shelf(Hub):
    title = "The shelf"

    def listing(self):
        digest = hashlib.sha256(b"text").hexdigest()
        return self.locked("1", self.chosen([Listed("book", 4, digest)]))

    def links(self, locked, paths):
        return Links({path: (f"https://shelf.example/{path}",) for path in paths})


HUB = Shelf
""",
}

USE = """
import sys
from pathlib import Path

import jetfleet.hubs

jetfleet.hubs.__path__.append(sys.argv[1])

from jetfleet.adopt.folders import Folder
from jetfleet.adopt.models import identify
from jetfleet.hubs.registry import hub_of
from jetfleet.hubs.resolve import resolve
from jetfleet.lock import Lock
from jetfleet.lock.requirements import Requirements
from jetfleet.spec.load import load
from jetfleet.validate.model import check_models
from jetfleet.workstation.workstation import workstation_of

file = Path(sys.argv[2])
spec, side = load(file), workstation_of(file)
required = lambda lock: Requirements({}, ("a",))
lock = resolve(spec, Lock(), side, lambda model: hub_of(model, side), required)
links = hub_of(spec.models["a"], side).links(lock.models["a"], ["book"])
print(lock.models["a"].source, lock.models["a"].files[0].size, links.urls["book"][0])
print(*(problem.found for problem in check_models(spec)))
print(identify(Folder("/shelf/book")).source)
"""

SPEC = """
version: 1
models:
  a: {source: "shelf:book", api_key: {env: SHELF_KEY}}
  b: {source: "shelf:book", include: ["x"]}
hosts:
  h: {address: 192.0.2.1, module: agx-orin-64gb, jetpack: "6.2"}
"""


def test_a_new_folder_is_a_hub_in_spec_lock_links_and_adopt(tmp_path: Path) -> None:
    folder = tmp_path / "hubs/shelf"
    folder.mkdir(parents=True)
    for name, text in NEW_HUB.items():
        (folder / name).write_text(text)
    (tmp_path / "spec.yaml").write_text(SPEC)
    argv: list[Any] = [sys.executable, "-c", USE, folder.parent, tmp_path / "spec.yaml"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == [
        "shelf:book 4 https://shelf.example/book",
        "include for shelf:book",
        "shelf:book",
    ], done.stderr
