"""A stand-in is one folder: what is found by listing, and what its programs may import."""

from __future__ import annotations

import ast
import sys
from importlib import resources

import pytest

from jetfleet.spec.source import FORMS
from tests.support.pyinfra import ROOT
from twins import standins
from twins.standins.hubs.content.definition import definitions
from twins.standins.hubs.places import BY_HUB, PLACES
from twins.standins.names import REGISTRIES
from twins.standins.registry import programs
from twins.standins.registry.recipe import recipes

SERVERS = ROOT / "twins/standins/servers"
FOLDERS = sorted(path.parent.name for path in SERVERS.glob("*/__init__.py"))
# In the images' own Python, beside the standard library; vLLM reads its configuration with it.
IN_IMAGES = {"yaml"}
PREFIX = "twins.standins.servers."


def imported(folder: str) -> set[str]:
    found = set()
    for path in (SERVERS / folder).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module)
    return found


def test_each_folder_but_the_shared_kit_has_a_program_and_images() -> None:
    assert len(FOLDERS) > 7
    for name in FOLDERS:
        if name != "kit":
            assert (SERVERS / name / "main.py").is_file(), name
            assert (SERVERS / name / "images.yaml").is_file(), name
    assert {recipe.program for recipe in recipes().images} == set(FOLDERS) - {"kit"}


def test_each_image_has_one_definition() -> None:
    references = [recipe.reference for recipe in recipes().images]
    assert len(references) == len(set(references)) > 10
    assert {reference.split("/")[0] for reference in references} <= set(REGISTRIES)


def test_each_model_has_one_definition() -> None:
    targets = [(one.hub, one.target) for one in definitions()]
    assert len(targets) == len(set(targets)) > 40


@pytest.mark.parametrize("folder", FOLDERS)
def test_programs_need_the_standard_library_alone(folder: str) -> None:
    allowed = {
        folder,
        "kit",
        *(w for r in recipes().images if r.program == folder for w in r.along),
    }
    for name in imported(folder):
        if name.startswith(PREFIX):
            assert name.removeprefix(PREFIX).split(".")[0] in allowed, name
        elif name != "twins.standins.servers":
            assert name.split(".")[0] in sys.stdlib_module_names | IN_IMAGES, name


def test_no_program_is_named_outside_its_folder() -> None:
    """A new stand-in needs no edit outside its folder, so no other file names it."""
    for path in (ROOT / "twins").rglob("*.py"):
        if SERVERS not in path.parents:
            text = path.read_text(encoding="utf-8")
            for name in FOLDERS:
                assert f"servers.{name}" not in text, path


def test_texts_are_those_of_the_folders_that_have_the_file() -> None:
    assert [name for name, _ in programs.texts("images.yaml")] == [
        name for name in FOLDERS if name != "kit"
    ]
    assert resources.files("twins.standins.servers").joinpath("kit").is_dir()


def test_each_hub_of_jetfleet_has_a_stand_in() -> None:
    for form in FORMS.values():
        # A folder of the workstation needs none.
        if form.hub == "file":
            continue
        place = BY_HUB["web" if form.hub == "https" else form.hub]
        variables = {key.variable for key in place.keys} - {""}
        assert variables == {form.key_variable} - {""}
        assert place.hub == "web" or form.hub in standins.endpoints("https://x")


def test_each_folder_of_a_hub_is_served() -> None:
    hubs = ROOT / "twins/standins/hubs"
    assert set(PLACES) == {path.parent.name for path in hubs.glob("*/site.py")}
    hosts = [host for place in PLACES.values() for host in (*place.hosts, place.store) if host]
    assert len(hosts) == len(set(hosts))
    assert {one.hub for one in definitions()} == set(BY_HUB)
