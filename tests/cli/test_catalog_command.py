"""`jetfleet catalog` lists what there is for a module, and takes only releases that it has."""

from __future__ import annotations

import pytest

from jetfleet.catalog.image_choice import image_of
from jetfleet.catalog.images import images
from jetfleet.catalog.modules import modules
from jetfleet.spec.load import load
from tests.support.cli import call
from tests.support.pyinfra import ROOT


def said(*words: str) -> str:
    done = call("catalog", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_modules_are_listed() -> None:
    names = [line.split()[0] for line in said().splitlines()]
    assert names == [*modules()]


def test_a_module_has_its_releases_alone() -> None:
    text = said("agx-thor")
    assert "273 GB/s" in text
    assert "L4T 38.2.0: JetPack 7.0, Ubuntu 24.04" in text
    assert "L4T 36." not in text


def test_a_release_has_power_modes_and_images() -> None:
    text = said("orin-nano-super", "--jetpack", "6.2")
    assert "power modes: 15W, 25W (default), MAXN_SUPER\n" in text
    assert "no image is known for: trtllm\n" in text
    listed = {line.strip() for line in text.splitlines() if line.startswith("  ")}
    assert listed >= {str(one.ref) for one in images() if one.fits("orin", "36.4.3")}
    assert "nvcr.io/nvidia/vllm:26.01-py3" not in text  # of Thor


def test_the_image_of_a_service_that_names_none_is_marked() -> None:
    lab = load(ROOT / "inventory/lab.yaml")
    (nano,) = [host for host in lab.hosts if host.name == "nano"]
    text = said(nano.module, "--jetpack", nano.jetpack)
    for service in nano.services:
        chosen = image_of(nano, service)
        assert service.image is None
        entry = text.split(f"  {chosen.ref}\n")[1].splitlines()[0]
        assert "taken if the spec names no image" in entry
    assert all(part.count("taken if") <= 1 for part in text.split("\n\n"))


def test_a_patch_release_that_is_not_known_is_that_before_it() -> None:
    text = said("agx-orin-64gb", "--l4t", "36.4.9")
    assert "L4T 36.4.9 is not in the catalog; treated as L4T 36.4.7\n" in text


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("agx-thr",), "did you mean agx-thor?"),
        (("agx-thor", "--jetpack", "6.2"), "there is no JetPack 6.2 for agx-thor"),
        (("agx-thor", "--l4t", "36.4.3"), "there is no L4T 36.4.3 for agx-thor"),
        (("agx-thor", "--l4t", "\x1b[2J"), "there is no L4T"),
        (("agx-thor", "--l4t", ""), "there is no L4T"),
        (("agx-thor", "--jetpack", ""), "there is no JetPack"),
        (("agx-thor", "--jetpack", "7.0", "--l4t", "38.2.0"), "not both"),
        (("--jetpack", "7.0"), "a release needs a module"),
    ],
)
def test_what_there_is_not_is_an_error(words: tuple[str, ...], error: str) -> None:
    done = call("catalog", *words)
    assert done.returncode == 1
    assert error in done.stderr
    assert "\x1b" not in done.stderr
