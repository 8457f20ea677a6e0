"""What a person types in a free text field arrives as it is, or is refused with a sentence."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jetfleet.redaction import looks_like_key
from jetfleet.spec.load import load
from jetfleet.spec.problem import SpecError

if TYPE_CHECKING:
    from pathlib import Path

SPEC = """
version: 1
models:
  m: {{source: "ngc:org/model:1"}}
hosts:
  h:
    description: {text}
    address: 192.0.2.1
    module: agx-orin-64gb
    jetpack: "6.2"
    docker: {{daemon: {{note: {text}, list: [{text}]}}}}
    services:
      s:
        runtime: vllm
        model: m
        env: {{NOTE: {text}}}
        flags: {{chat-template: {text}, a: {{b: [{text}]}}}}
"""

NASTY = [
    "$(touch /x)",
    "`id`",
    "a; rm -rf /",
    'it\'s "so"',
    " ",
    "",
    "ünï çödé 🤖",
    "%s {x} \\n",
    "#",
]


def is_plain(text: str) -> bool:
    controls = {"Cc", "Cs", "Zl", "Zp"}
    return not text.startswith("-") and not any(unicodedata.category(c) in controls for c in text)


def quoted(text: str) -> str:
    """Return `text` in YAML's double quotes, with everything but plain ASCII escaped."""
    plain = set(map(chr, range(32, 127))) - {'"', "\\"}
    return '"' + "".join(c if c in plain else f"\\U{ord(c):08X}" for c in text) + '"'


def written(folder: Path, text: str) -> Path:
    path = folder / "spec.yaml"
    path.write_text(SPEC.format(text=quoted(text)), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spec")


def assert_arrives(folder: Path, text: str) -> None:
    host = load(written(folder, text)).hosts[0]
    assert host.description == text
    assert host.docker is not None
    assert host.docker.daemon == {"note": text, "list": (text,)}
    service = host.services[0]
    assert service.env == {"NOTE": text}
    assert service.flags == {"chat-template": text, "a": {"b": (text,)}}


@pytest.mark.parametrize("text", NASTY)
def test_what_a_shell_would_run_arrives(folder: Path, text: str) -> None:
    assert_arrives(folder, text)


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=40).filter(is_plain).filter(lambda text: not looks_like_key(text)))
def test_any_text_arrives(folder: Path, text: str) -> None:
    assert_arrives(folder, text)


@settings(max_examples=40, deadline=None)
@given(
    text=st.one_of(
        st.text(max_size=20).map("-{}".format),
        st.tuples(st.text(max_size=5), st.sampled_from("\n\r\0\t\x1b\x85\u2028"), st.text()).map(
            "".join
        ),
    ).filter(lambda text: not any(unicodedata.category(c) == "Cs" for c in text))
)
def test_other_text_is_refused(folder: Path, text: str) -> None:
    with pytest.raises(SpecError) as caught:
        load(written(folder, text))
    keys = {problem.key for problem in caught.value.problems}
    assert "hosts.h.services.s.env.NOTE" in keys
    assert "hosts.h.docker.daemon.list[0]" in keys
    assert "hosts.h.services.s.flags.a.b[0]" in keys
    if not is_plain(text.lstrip("-")):
        assert "hosts.h.description" in keys
