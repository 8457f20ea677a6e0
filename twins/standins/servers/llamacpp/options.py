"""The command line of `llama-server`, and the variables that stand for its options."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Names of an option, the first being that of its variable LLAMA_ARG_…; what it takes.
_TEXTS = (
    ("model", "-m"), ("alias", "-a"), ("host",), ("flash-attn", "-fa"), ("cache-type-k", "-ctk"),
    ("cache-type-v", "-ctv"), ("mmproj", "-mm"), ("chat-template",), ("chat-template-file",),
    ("chat-template-kwargs",), ("reasoning-format",), ("reasoning",), ("api-key",),
    ("api-key-file",), ("hf-repo", "-hf", "-hfr"), ("hf-file", "-hff"), ("hf-token", "-hft"),
    ("model-url", "-mu"), ("split-mode", "-sm"), ("tensor-split", "-ts"), ("device", "-dev"),
    ("override-tensor", "-ot"), ("override-kv",), ("lora",), ("lora-scaled",), ("log-file",),
    ("log-colors",), ("path",), ("api-prefix",), ("ssl-key-file",), ("ssl-cert-file",),
    ("slot-save-path",), ("media-path",), ("pooling",), ("samplers",), ("grammar",),
    ("grammar-file",), ("json-schema", "-j"), ("rope-scaling",), ("numa",), ("load-mode", "-lm"),
    ("fit", "-fit"), ("tools",), ("gpu-layers", "-ngl", "n-gpu-layers"), ("models-dir",),
)  # fmt: skip
_NUMBERS = (
    ("port",), ("ctx-size", "-c"), ("n-predict", "-n", "predict"), ("batch-size", "-b"),
    ("ubatch-size", "-ub"), ("threads", "-t"), ("threads-batch", "-tb"), ("parallel", "-np"),
    ("main-gpu", "-mg"), ("keep",), ("seed", "-s"), ("top-k",), ("repeat-last-n",),
    ("n-cpu-moe", "-ncmoe"), ("threads-http",), ("timeout", "-to"), ("cache-reuse",),
    ("cache-ram", "-cram"), ("ctx-checkpoints", "-ctxcp"), ("reasoning-budget",), ("prio",),
    ("verbosity", "-lv"), ("poll",), ("image-min-tokens",), ("image-max-tokens",),
    ("models-max",),
)  # fmt: skip
_FRACTIONS = (
    ("temp", "temperature"), ("top-p",), ("min-p",), ("repeat-penalty",), ("presence-penalty",),
    ("frequency-penalty",), ("rope-scale",), ("rope-freq-base",), ("rope-freq-scale",),
    ("typical", "typical-p"), ("defrag-thold", "-dt"),
)  # fmt: skip
# Those that are off until they are given, and those that `--no-…` switches off.
_ONLY_ON = (
    ("metrics",), ("props",), ("mlock",), ("embedding", "embeddings"), ("rerank", "reranking"),
    ("offline",), ("verbose", "-v", "log-verbose"), ("log-disable",), ("swa-full",),
    ("check-tensors",), ("cpu-moe", "-cmoe"), ("ignore-eos",), ("special", "-sp"),
    ("backend-sampling", "-bs"), ("list-devices",), ("version",), ("help", "-h", "usage"),
)  # fmt: skip
_ON_OR_OFF = (
    ("slots",), ("jinja",), ("cont-batching", "-cb"), ("warmup",), ("mmap",), ("log-prefix",),
    ("log-timestamps",), ("kv-offload", "-kvo"), ("kv-unified", "-kvu"), ("context-shift",),
    ("cache-prompt",), ("cache-idle-slots",), ("ui", "webui"), ("perf",), ("escape", "-e"),
    ("op-offload",), ("repack",), ("models-autoload",), ("mmproj-auto",), ("mmproj-offload",),
    ("direct-io", "-dio"),
)  # fmt: skip
_FLAGS = (*_ONLY_ON, *_ON_OR_OFF)
_OFF = {
    **{f"--no-{alias}": names[0] for names in _ON_OR_OFF for alias in names if alias[0] != "-"},
    "-nkvo": "kv-offload", "-nocb": "cont-batching", "-nr": "repack", "-no-kvu": "kv-unified",
    "--no-mmproj": "mmproj-auto",
}  # fmt: skip
_LISTS = ("lora", "lora-scaled", "override-kv", "override-tensor", "tensor-split", "device")
_CACHE_TYPES = ("f32", "f16", "bf16", "q8_0", "q4_0", "q4_1", "iq4_nl", "q5_0", "q5_1")
_CHOICES = {
    "cache-type-k": _CACHE_TYPES,
    "cache-type-v": _CACHE_TYPES,
    "flash-attn": ("on", "off", "auto"),
    "split-mode": ("none", "layer", "row", "tensor"),
    "pooling": ("none", "mean", "cls", "last", "rank"),
}
_VARIABLES = {
    "api-key": "LLAMA_API_KEY",
    "hf-token": "HF_TOKEN",
    "gpu-layers": "LLAMA_ARG_N_GPU_LAYERS",
    "parallel": "LLAMA_ARG_N_PARALLEL",
    "metrics": "LLAMA_ARG_ENDPOINT_METRICS",
    "props": "LLAMA_ARG_ENDPOINT_PROPS",
    "slots": "LLAMA_ARG_ENDPOINT_SLOTS",
    "batch-size": "LLAMA_ARG_BATCH",
    "ubatch-size": "LLAMA_ARG_UBATCH",
}
_KINDS: dict[str, str] = {
    alias: kind
    for kind, table in (
        ("text", _TEXTS),
        ("number", _NUMBERS),
        ("fraction", _FRACTIONS),
        ("flag", _FLAGS),
    )
    for names in table
    for alias in names[:1]
}
_NAMES = {
    alias if alias.startswith("-") else f"--{alias}": names[0]
    for table in (_TEXTS, _NUMBERS, _FRACTIONS, _FLAGS)
    for names in table
    for alias in names
}


class Wrong(Exception):
    """A command line that is refused, with status 1."""


def parse(argv: Sequence[str], environment: Mapping[str, str]) -> dict[str, Any]:
    """Return what was given by name; the line wins over the environment. Raises `Wrong`.

    Of an option that is there twice the last counts; several values are one word with commas.
    """
    found: dict[str, Any] = {}
    for name, kind in _KINDS.items():
        variable = _VARIABLES.get(name, f"LLAMA_ARG_{name.replace('-', '_').upper()}")
        text = environment.get(variable, "")
        if text:
            value = text in {"1", "on", "true", "enabled"} if kind == "flag" else text
            found[name] = value if kind == "flag" else _value(variable, name, text)
    words = iter(argv)
    for written in words:
        word = written.replace("_", "-") if written.startswith("--") else written
        if word in _OFF:
            found[_OFF[word]] = False
            continue
        name = _NAMES.get(word, "")
        if not name:
            raise Wrong(f"error: invalid argument: {word}")
        if _KINDS[name] == "flag":
            found[name] = True
            continue
        text = next(words, "")
        if not text:
            raise Wrong(f'error while handling argument "{word}": expected value for argument')
        found[name] = _value(word, name, text)
    return found


def _value(word: str, name: str, text: str) -> object:
    kind = _KINDS[name]
    try:
        if kind != "text":
            return int(text) if kind == "number" else float(text)
    except ValueError:
        called = "stoi" if kind == "number" else "stof"
        raise Wrong(f'error while handling argument "{word}": {called}') from None
    if text not in _CHOICES.get(name, (text,)):
        raise Wrong(f'error while handling argument "{word}": Unsupported value: {text}')
    if name == "gpu-layers" and not (text.isdecimal() or text in {"auto", "all", "-1"}):
        raise Wrong(f'error while handling argument "{word}": stoi')
    return next(csv.reader([text])) if name in _LISTS else text
