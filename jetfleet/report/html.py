"""A page as one file of HTML that needs nothing else: no network and no fonts.

Its policy names the hashes of its own style and script, so that nothing else in the page runs,
whatever a board or a person wrote.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from jetfleet.catalog.memory_level import memory_level
from jetfleet.report.tone import tone
from jetfleet.status.words import clocks_in_words
from jetfleet.text import format_bytes, format_duration, printable_lines

if TYPE_CHECKING:
    from jetfleet.report.page import Page
    from jetfleet.report.rollout import RolloutPage

DATA = Path(__file__).parent / "data"

SIGNS = {
    "in-sync": "·",
    "changes": "+",
    "changed": "~",
    "failed": "✗",
    "refused": "!",
    "unknown": "?",
    "absent": "",
}
"""A sign for each outcome: colour alone is lost to some readers, and on paper."""

WORDS = {"unknown": "not compared", "absent": "not on this host"}
"""Words of outcomes that are no state of a host; states are their own words."""


def html_of(page: Page | RolloutPage) -> str:
    """Return the page; the same page is always the same text."""
    style, script = ((DATA / name).read_text("utf-8") for name in ("page.css", "page.js"))
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    return (
        _environment()
        .get_template(page.template)
        .render(page=page, style=style, script=script, policy=policy, signs=SIGNS)
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(DATA),
        autoescape=True,
        finalize=_printable,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "word": lambda outcome: WORDS.get(outcome, outcome),
        "bytes": format_bytes,
        "clocks": clocks_in_words,
        "span": format_duration,
        "took": _took,
        "tone": tone,
        "advice": lambda share: memory_level(share).advice,
    }
    return environment


def _printable(value: object) -> object:
    """Return a text without characters that a reader cannot see; style and script stay."""
    return printable_lines(value) if type(value) is str else value


def _took(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else format_duration(seconds)  # noqa: PLR2004
