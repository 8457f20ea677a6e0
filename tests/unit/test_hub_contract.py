"""What every hub must keep, also one that is added later."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from jetfleet.hubs.folders import folders, module_of
from jetfleet.spec.load import load
from jetfleet.spec.model import ModelSpec
from jetfleet.spec.source import FORMS, Source
from jetfleet.spec.source_form import SourceForm
from jetfleet.validate.model import check_models
from tests.support.rendered import ROOT

PAGE = (ROOT / "docs/models.md").read_text(encoding="utf-8")
KEYS = {
    "api_key": "{env: KEY}",
    "include": "['*']",
    "exclude": "['*.bin']",
    "sha256": "ab" * 32,
}

every = pytest.mark.parametrize("form", FORMS.values(), ids=lambda form: form.hub)


def shortest(form: SourceForm) -> str:
    """The source without what its form has in brackets."""
    text = form.written
    while "[" in text:
        text = re.sub(r"\[[^][]*\]", "", text)
    return text


def longest(form: SourceForm) -> str:
    return re.sub(r"[][]", "", form.written)


def problem_keys(folder: Path, form: SourceForm, *keys: str) -> set[str]:
    """The keys that `validate` refuses in a model with these keys, or misses."""
    written = "".join(f"    {key}: {KEYS[key]}\n" for key in keys)
    file = folder / "spec.yaml"
    file.write_text(
        f'version: 1\nmodels:\n  m:\n    source: "{shortest(form)}"\n{written}'
        'hosts:\n  a: {address: 192.0.2.1, module: agx-orin-64gb, jetpack: "6.2"}\n'
    )
    return {_key_in(problem.found) for problem in check_models(load(file))}


def _key_in(found: str) -> str:
    """The key in "no KEY" and "KEY for SOURCE"."""
    return found.removeprefix("no ").split()[0]


def test_each_folder_is_a_hub_of_its_own() -> None:
    assert len(FORMS) == len(folders())


@every
def test_its_sources_are_read_as_its_form_says(form: SourceForm) -> None:
    for text in (shortest(form), longest(form)):
        source = Source.parse(text)
        assert (source.form, str(source)) == (form, text)
    with pytest.raises(ValueError, match=f"{form.hub}:"):
        Source.parse(f"{form.hub}:")


@every
def test_its_models_refuse_the_keys_of_others(tmp_path: Path, form: SourceForm) -> None:
    assert form.keys <= set(KEYS)
    assert form.keys >= set(form.needed)
    assert problem_keys(tmp_path, form) == set(form.needed)
    assert problem_keys(tmp_path, form, *sorted(form.keys)) == set()
    assert problem_keys(tmp_path, form, *KEYS) == set(KEYS) - form.keys


@every
def test_it_has_a_variable_for_its_key_if_it_takes_one(form: SourceForm) -> None:
    assert bool(form.key_variable) is ("api_key" in form.keys)
    assert form.key_variable or not form.needs_key


@every
def test_the_page_on_models_names_it(form: SourceForm) -> None:
    assert f"`{form.written}`" in PAGE
    for variable in filter(None, (form.key_variable, form.endpoint_variable)):
        assert f"`{variable}`" in PAGE


@every
def test_what_it_needs_of_a_spec_is_no_client(form: SourceForm) -> None:
    (folder,) = (one for one in folders() if module_of(one, "spec").FORM is form)
    tree = ast.parse((ROOT / "jetfleet/hubs" / folder / "spec.py").read_text(encoding="utf-8"))
    froms = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    ours = [name for name in froms if name.startswith("jetfleet.")]
    assert not [name for name in ours if not name.startswith("jetfleet.spec.")]


def test_a_form_is_part_of_every_source() -> None:
    model = ModelSpec.model_validate({"name": "m", "source": "file:own"})
    assert model.source.form is FORMS[model.hub]
