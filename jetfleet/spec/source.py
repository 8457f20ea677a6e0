"""Where a model comes from: one form for each kind of hub."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from jetfleet.spec.invalid import invalid

_WORD = r"[A-Za-z0-9][A-Za-z0-9._-]*"
_REPOSITORY = rf"(?P<name>{_WORD}/{_WORD})"

FORMS = {
    "ngc": (
        "ngc:ORG/[TEAM/]NAME:VERSION",
        rf"(?P<org>{_WORD})/((?P<team>{_WORD})/)?(?P<name>{_WORD}):(?P<version>{_WORD}(\+{_WORD})?)",
    ),
    "hf": (
        "hf:ORG/NAME[@REVISION]",
        rf"{_REPOSITORY}(@(?P<revision>{_WORD}(/{_WORD})*))?",
    ),
    "modelscope": (
        "modelscope:ORG/NAME[@REVISION]",
        rf"{_REPOSITORY}(@(?P<revision>{_WORD}))?",
    ),
    "ollama": (
        "ollama:[[HOST/]NAMESPACE/]MODEL[:TAG]",
        rf"(((?P<host>{_WORD})/)?(?P<namespace>{_WORD})/)?(?P<name>{_WORD})(:(?P<tag>{_WORD}))?",
    ),
    "https": (
        "https://HOST/PATH/FILE",
        rf"//(?P<host>{_WORD}(:[0-9]+)?)/(?P<path>([A-Za-z0-9._~%+=@-]+/)*(?P<file>{_WORD}))",
    ),
    "file": ("file:FOLDER", r"(?P<folder>(~?/)?[A-Za-z0-9._+@][A-Za-z0-9._/+@-]*)"),
}
"""The kinds of source: how each is written, and a pattern for what follows its first colon."""

WITH_FOLDERS = frozenset({"ngc", "hf", "modelscope", "file"})
"""Sources that have many files, of which some can be chosen."""

WITH_KEYS = frozenset({"ngc", "hf", "modelscope"})
"""Sources that know keys."""


def parts_of(source: str) -> dict[str, str]:
    """Return the named parts that are written in `source`; raises `ValueError` for no source."""
    hub, _, reference = source.partition(":")
    found = re.fullmatch(FORMS[hub][1], reference) if hub in FORMS else None
    if found is None:
        raise ValueError(source)
    return {name: part for name, part in found.groupdict().items() if part is not None}


def ollama_name(source: str) -> str:
    """Return the name by which a server lists a model: "qwen3:1.7b" for "ollama:qwen3:1.7b"."""
    parts = parts_of(source)
    where = [parts[part] for part in ("host", "namespace") if part in parts]
    return "/".join([*where, f"{parts['name']}:{parts.get('tag', 'latest')}"])


def _model_source(source: str) -> str:
    try:
        parts_of(source)
    except ValueError:
        known = FORMS.get(source.partition(":")[0])
        if known:
            raise invalid(f"a model as in {known[0]}", "correct it") from None
        shapes = ", ".join(shape for shape, _ in FORMS.values())
        raise invalid(f"one of {shapes}", "write one of these forms") from None
    return source


ModelSource = Annotated[str, AfterValidator(_model_source)]
