"""Paths of the container in options of a server: which they are, and which name a model."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jetfleet.spec.free import texts
from jetfleet.text import UnreadableJson, read_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MODELS = "/models"
"""Where a container sees its models, each in a folder of its name."""

_ABSOLUTE = re.compile(r"(?:[\w.-]+=)?(/[^\s,;\"'(){}\[\]|*?<>\\^$]+)")
_RELATIVE = re.compile(
    r"(?:[\w.-]+=)?((?:~|\.{1,2})?/?[\w.-]+(?:/[\w.-]+)*"
    r"\.(?:jinja2?|j2|json|py|ya?ml|gguf|safetensors|pem|crt|key|txt|bin))"
)
_FILE = re.compile(r"(^|-)(template|plugin|file|path|paths|config|certfile|keyfile|certs|lora|draft"
                   r"|mmproj|vector|modules|adapters|tokenizer|grammar)(-|$)")  # fmt: skip
_EVERYWHERE = ("/dev/", "/proc/", "/sys/", "/tmp/")  # noqa: S108 - each container has its own
_NO_PATHS = {
    "allowed-headers", "allowed-methods", "allowed-origins", "api-prefix", "chat-template-kwargs",
    "default-chat-template-kwargs", "fastapi-root-path", "hf-file", "hff", "hf-overrides",
    "json-model-override-args", "middleware", "override-generation-config", "root-path",
    "served-model-name", "system-prompt", "uvicorn-log-level",
}  # fmt: skip
_WRITTEN_BY_THE_SERVER = {
    "cache-directory", "crash-dump-folder", "debug-tensor-dump-output-folder", "download-dir",
    "export-metrics-to-file-dir", "file-storage-path", "file-storage-pth", "log-file",
    "mm-encoder-fp8-scale-save-path", "modelopt-checkpoint-save-path", "modelopt-export-path",
    "slot-save-path", "spec-trace-dir",
}  # fmt: skip


@dataclass(frozen=True)
class OptionPath:
    """A path in the value of an option.

    Parameters
    ----------
    option:
        The option's name in normal form.
    path:
        Absolute, or relative to a folder that nobody knows.

    """

    option: str
    path: str

    @property
    def model(self) -> str | None:
        """The name of the model at the path; None for another path."""
        folder, _, rest = self.path.removeprefix("/").partition("/")
        return rest.partition("/")[0] or None if f"/{folder}" == MODELS else None

    @property
    def inside(self) -> str:
        """The path below the folder of its model; empty for the folder."""
        return self.path.strip("/").partition("/")[2].partition("/")[2]


def paths_in(flags: Mapping[str, Any]) -> Iterator[OptionPath]:
    """Yield the files and folders that options name, each once.

    What a server writes is left out, and what is no path although it looks like one.
    """
    found = (
        OptionPath(option, path)
        for option, value in flags.items()
        if option.partition(".")[0] not in _NO_PATHS | _WRITTEN_BY_THE_SERVER
        for text in words_of(value)
        for path in _paths(option, text)
    )
    yield from dict.fromkeys(found)


def words_of(value: object) -> Iterator[str]:
    """Yield the texts in the value of an option, those of JSON in a text among them."""
    for _, text in texts(value):
        if text[:1] in {"{", "["}:
            try:
                yield from (inner for _, inner in texts(read_json(text)))
                continue
            except UnreadableJson:
                pass
        yield text


def _paths(option: str, text: str) -> Iterator[str]:
    if "\n" in text or "{{" in text or "{%" in text:  # a template itself, not its file
        return
    for word in re.split(r"[,\s]+", text):
        if absolute := absolute_path(word):
            # llama.cpp's --lora-scaled has the scale behind a colon.
            yield re.sub(r":[0-9.]+$", "", absolute).rstrip("/") or "/"
        elif _FILE.search(option) and (relative := _RELATIVE.fullmatch(word)):
            yield relative[1]


def absolute_path(word: str) -> str | None:
    """Return the absolute path in a word, such as ``--model=/data/x``; None without one.

    Places that each container has of its own, such as ``/tmp``, do not count.
    """
    found = _ABSOLUTE.fullmatch(word)
    return found[1] if found and not found[1].startswith(_EVERYWHERE) else None


def models_in(flags: Mapping[str, Any], mounts: Mapping[str, str]) -> Iterator[str]:
    """Yield the models that options name as ``/models/NAME``, but for paths of `mounts`."""
    for found in paths_in(flags):
        if found.model and not covered(found.path, mounts):
            yield found.model


def covered(path: str, mounts: Mapping[str, str]) -> bool:
    """Tell whether a path in the container lies in something that is mounted there."""
    targets = (target.partition(":")[0].rstrip("/") for target in mounts.values())
    return any(f"{path}/".startswith(f"{target}/") for target in targets)
