"""A model of Ollama's registry in a spec, and its name in an Ollama store."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jetfleet.spec.source_form import WORD, SourceForm

if TYPE_CHECKING:
    from jetfleet.spec.source import Source

HOST = "registry.ollama.ai"

FORM = SourceForm(
    hub="ollama",
    written="ollama:[[HOST/]NAMESPACE/]MODEL[:TAG]",
    pattern=(rf"(((?P<host>{WORD})/)?(?P<namespace>{WORD})/)?(?P<name>{WORD})(:(?P<tag>{WORD}))?"),
    layout="store",
    # https://docs.ollama.com/faq#where-are-models-stored
    caches=(
        "/usr/share/ollama/.ollama/models/blobs",
        "/root/.ollama/models/blobs",
        "/home/*/.ollama/models/blobs",
        "/var/lib/docker/volumes/*/_data/models/blobs",
    ),
)


def name_of(source: Source) -> str:
    """Return the name by which an Ollama server lists a model, such as ``qwen3:1.7b``."""
    where = [source.parts[part] for part in ("host", "namespace") if part in source.parts]
    return "/".join([*where, f"{source.parts['name']}:{source.parts.get('tag', 'latest')}"])


def name_of_manifest(path: str) -> str:
    """Return the model's name of a manifest in a store: ``qwen2.5:1.5b``, or with a namespace."""
    parts = re.sub(rf"^manifests/({re.escape(HOST)}/)?(library/)?", "", path)
    name, _, tag = parts.rpartition("/")
    return f"{name}:{tag}"


def source_of_name(name: str) -> str:
    """Return the source of a model that an Ollama server lists by this name."""
    return f"{FORM.hub}:{name}"
