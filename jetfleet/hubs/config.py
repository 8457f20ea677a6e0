"""The architecture of a model from its config.json: https://huggingface.co/docs/transformers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jetfleet.catalog.architecture import Architecture

_TEXT = ("text_config", "llm_config", "language_config")
_SLIDING = ("sliding_attention", "local_attention")
_FULL = ("full_attention", "attention", "global_attention")
# One layer in this many sees all tokens, where the config does not list the layers.
_PATTERN = {"gemma2": 2, "gemma3_text": 6}


def architecture_of(config: Mapping[str, Any]) -> Architecture:
    """Return the architecture in a config.json; what is missing or in an unknown form is None."""
    nested = (config[name] for name in _TEXT if isinstance(config.get(name), Mapping))
    text: Mapping[str, Any] = {**config, **next(nested, {})}
    heads, layers = _number(text, "num_attention_heads"), _number(text, "num_hidden_layers")
    hidden = _number(text, "hidden_size")
    width = _number(text, "head_dim") or (hidden // heads if hidden and heads else None)
    full, windowed, window = _layers(text, layers)
    # Multi-head latent attention keeps something smaller than keys and values.
    latent = _number(text, "kv_lora_rank") is not None
    return Architecture(
        names=tuple(str(name) for name in config.get("architectures") or ()),
        layers=None if latent else full,
        windowed=windowed,
        window=window,
        kv_heads=_number(text, "num_key_value_heads") or heads,
        head_dim=width,
        heads=heads,
        vocabulary=_number(text, "vocab_size"),
        context=_number(text, "max_position_embeddings"),
        quantisation=_quantisation(config),
        kv_cache=_kv_cache(config),
    )


def _number(config: Mapping[str, Any], name: str) -> int | None:
    value = config.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _layers(
    text: Mapping[str, Any], layers: int | None
) -> tuple[int | None, int | None, int | None]:
    """Return the layers with a KV cache, how many of them have a window, and its tokens."""
    window = _number(text, "sliding_window")
    kinds = text.get("layer_types")
    if isinstance(kinds, list):
        sliding = sum(kind in _SLIDING for kind in kinds)
        kept = sliding + sum(kind in _FULL for kind in kinds)
        return (kept, sliding, window) if sliding and window else (kept, None, None)
    if layers is None or window is None or text.get("use_sliding_window") is False:
        return layers, None, None
    pattern = _number(text, "sliding_window_pattern") or _PATTERN.get(
        str(text.get("model_type", ""))
    )
    return layers, layers - layers // pattern if pattern else layers, window


def _quantisation(config: Mapping[str, Any]) -> str | None:
    said = config.get("quantization_config")
    if not isinstance(said, Mapping):
        return None
    method = str(said.get("quant_method", "")).lower()
    if method == "fp8":
        return "fp8-block" if said.get("weight_block_size") else "fp8"
    if method.startswith("modelopt"):
        return str(said.get("quant_algo", "modelopt")).lower()
    if method == "compressed-tensors":
        return _compressed(said)
    if method == "gptq":
        return f"gptq-int{said.get('bits', 4)}"
    return method or None


def _compressed(said: Mapping[str, Any]) -> str:
    """Name a compressed-tensors scheme by its bits: w4a16, w8a8, fp8, nvfp4 …."""
    groups = said.get("config_groups")
    group: Mapping[str, Any] = {}
    if isinstance(groups, Mapping):
        group = next(iter(groups.values()), group)
    weights, inputs = group.get("weights") or {}, group.get("input_activations") or {}
    bits = weights.get("num_bits")
    if weights.get("type") == "float":
        return {8: "fp8", 4: "nvfp4"}.get(int(bits or 0), "compressed-tensors")
    return f"w{bits}a{inputs.get('num_bits', 16)}" if bits else "compressed-tensors"


def _kv_cache(config: Mapping[str, Any]) -> str | None:
    said = config.get("quantization_config")
    wanted = said.get("kv_cache_quant_algo") if isinstance(said, Mapping) else None
    return str(wanted).lower() if wanted else None
