"""The command line of `trtllm-serve`, read as click does: underscores, and status 2."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TEXTS = ("tokenizer", "custom_tokenizer", "host", "backend", "custom_module_dirs", "log_level",
          "revision", "extra_llm_api_options", "reasoning_parser", "tool_parser",
          "metadata_server_config_file", "server_role", "otlp_traces_endpoint",
          "disagg_cluster_uri", "media_io_kwargs", "chat_template")  # fmt: skip
_NUMBERS = ("port", "max_beam_width", "max_batch_size", "max_num_tokens", "max_seq_len",
            "tensor_parallel_size", "pipeline_parallel_size", "context_parallel_size",
            "moe_expert_parallel_size", "moe_cluster_parallel_size", "gpus_per_node",
            "num_postprocess_workers")  # fmt: skip
# As its own source has them: each is off until it is given, and none has a form that says no.
_FLAGS = ("trust_remote_code", "fail_fast_on_attention_window_too_large", "enable_chunked_prefill")
_ALIASES = {
    "tp_size": "tensor_parallel_size",
    "pp_size": "pipeline_parallel_size",
    "cp_size": "context_parallel_size",
    "ep_size": "moe_expert_parallel_size",
    "cluster_size": "moe_cluster_parallel_size",
    "kv_cache_free_gpu_memory_fraction": "free_gpu_memory_fraction",
    "config": "extra_llm_api_options",
}
_CHOICES = {
    "backend": ("pytorch", "tensorrt", "trt", "_autodeploy"),
    "log_level": ("internal_error", "error", "warning", "info", "verbose", "debug", "trace"),
    "reasoning_parser": ("deepseek-r1", "qwen3", "nano-v3"),
    "tool_parser": ("qwen3", "qwen3_coder", "kimi_k2", "deepseek_v3"),
}
_FRACTIONS = ("free_gpu_memory_fraction",)
_REPEATED = ("custom_module_dirs",)
_USUAL = {
    "host": "localhost",
    "port": 8000,
    "backend": "pytorch",
    "free_gpu_memory_fraction": 0.9,
}


class Wrong(Exception):
    """A command line that is refused, with status 2."""


def parse(argv: Sequence[str]) -> dict[str, Any]:
    """Return all options, `model` among them; raises `Wrong`."""
    found: dict[str, Any] = dict(_USUAL)
    models = []
    words = iter(argv[1:] if argv[:1] == ["serve"] else argv)
    for word in words:
        if not word.startswith("-"):
            models.append(word)
            continue
        written, equals, value = word.removeprefix("--").partition("=")
        name = _ALIASES.get(written, written)
        if not word.startswith("--") or name not in _ALL:
            raise Wrong(f"No such option: {word.partition('=')[0]}")
        if name in _FLAGS:
            if equals:
                raise Wrong(f"Option '--{written}' does not take a value.")
            found[name] = True
            continue
        text = value if equals else next(words, None)
        if text is None:
            raise Wrong(f"Option '--{written}' requires an argument.")
        value_of = _value(written, name, text)
        found[name] = [*found.get(name, ()), value_of] if name in _REPEATED else value_of
    if len(models) != 1:
        extra = " ".join(models[1:])
        raise Wrong(f"Got unexpected extra argument ({extra})" if models
                    else "Missing argument 'MODEL'.")  # fmt: skip
    return {"model": models[0], **found}


def whole(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return all options, those of the file of `--config` too; raises `ValueError` or `OSError`."""
    found = dict(given)
    if "extra_llm_api_options" in found:
        found |= _settings(found["extra_llm_api_options"])
    if "media_io_kwargs" in found:
        try:
            found["media_io_kwargs"] = json.loads(found["media_io_kwargs"])
        except ValueError as error:
            raise ValueError(f"Invalid JSON for media_io_kwargs: {error}") from None
    return found


def _settings(path: str) -> dict[str, Any]:
    text = Path(path).read_text()
    try:
        read = json.loads(text)  # JSON is YAML too
    except ValueError:
        import yaml  # type: ignore[import-untyped, unused-ignore]  # noqa: PLC0415 - in images only

        read = yaml.safe_load(text)
    if not isinstance(read, dict):
        raise ValueError(f"{path} holds no settings")  # noqa: TRY004 - a wrong content
    return read


_ALL = frozenset((*_TEXTS, *_NUMBERS, *_FLAGS, *_FRACTIONS))


def _value(written: str, name: str, text: str) -> object:
    if name in _CHOICES and text not in _CHOICES[name]:
        listed = ", ".join(repr(one) for one in _CHOICES[name])
        raise Wrong(f"Invalid value for '--{written}': {text!r} is not one of {listed}.")
    kind = "integer" if name in _NUMBERS else "float"
    try:
        if name in _NUMBERS:
            return int(text)
        return float(text) if name in _FRACTIONS else text
    except ValueError:
        raise Wrong(f"Invalid value for '--{written}': {text!r} is not a valid {kind}.") from None
