"""The guide cannot go stale: its specs are checked, its commands given, its reference made."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from jetfleet.errors import FleetError
from jetfleet.validate import load_checked
from tests.support.guide import DOCS, GIVEN, PAGES, Block, blocks, follow, lacking
from tests.support.pyinfra import BIN, ROOT
from tests.support.spec_reference import reference, rollout_reference

YAMLS = [block for page in PAGES for block in blocks(page) if block.language == "yaml"]
MARKS = {"file", "edit", "part", "in", *GIVEN, "prints", "shown"}

# What the parts of a spec are laid over.
WHOLE = {
    "version": 1,
    "models": {"cosmos": {"source": "ngc:nim/nvidia/cosmos-reason2-2b:1208-fp8-static-kv8"}},
    "hosts": {"orin": {"address": "192.0.2.12", "module": "agx-orin-64gb", "jetpack": "6.2"}},
}


def laid_over(below: object, above: object) -> object:
    if isinstance(below, dict) and isinstance(above, dict):
        return below | {key: laid_over(below.get(key), above[key]) for key in above}
    return above


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_block_says_what_it_is_for(page: Path) -> None:
    for block in blocks(page):
        kind, _, why = block.mark.partition(":")
        assert kind in MARKS, f"{block} needs a comment above it"
        assert why.strip() or kind != "shown", f"{block} needs a reason"


@pytest.mark.parametrize("block", [b for b in YAMLS if b.mark == "part"], ids=str)
def test_a_part_of_a_spec_is_right(block: Block, tmp_path: Path) -> None:
    written = laid_over(WHOLE, YAML(typ="safe").load(block.text))
    path = tmp_path / "fleet.yaml"
    YAML(typ="safe").dump(written, path)
    load_checked(path)


def test_a_wrong_part_would_be_seen(tmp_path: Path) -> None:
    block = Block(DOCS, 1, "part", "yaml", "hosts: {orin: {power: {mod: MAXN}}}")
    with pytest.raises(FleetError, match="mod"):
        test_a_part_of_a_spec_is_right(block, tmp_path)


@pytest.mark.parametrize("block", [b for b in YAMLS if b.mark.startswith("in: ")], ids=str)
def test_an_excerpt_stands_in_its_spec(block: Block) -> None:
    whole = YAML(typ="safe").load(ROOT / block.mark.removeprefix("in: "))
    excerpt = YAML(typ="safe").load(block.text)
    assert laid_over(whole, excerpt) == whole


def test_what_a_page_lets_a_command_print_is_looked_for_in_order() -> None:
    assert lacking("a  b\n…\nc", "x a b\nd\ne c") == ""
    assert lacking("b…a", "a b").startswith("`a` was not printed")


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_its_commands_do_what_it_says(page: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "inventory", tmp_path / "inventory")
    for block, command, wrong in follow(page, tmp_path, "run"):
        assert not wrong, f"{block}: {command}: {wrong}"


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md"], ids=str)
def test_its_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if not target.startswith(("http://", "https://")):
            assert (page.parent / target).exists(), f"{page}: {target}"


def test_the_site_can_be_built(tmp_path: Path) -> None:
    build = [str(BIN / "mkdocs"), "build", "--quiet", "--strict", "--site-dir", str(tmp_path)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "guide/quickstart.html").exists()


@pytest.mark.parametrize(
    ("name", "made"), [("spec", reference), ("rollout-file", rollout_reference)]
)
def test_a_reference_is_that_of_the_models(
    name: str, made: Callable[[], str], request: pytest.FixtureRequest
) -> None:
    page = DOCS / f"guide/{name}.md"
    if request.config.getoption("--rewrite-snapshots"):
        page.write_text(made(), encoding="utf-8")
    assert page.read_text(encoding="utf-8") == made(), "`make snapshots` writes it again"
