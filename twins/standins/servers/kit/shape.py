"""The real size of a model, from its description: the weights here are tiny."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_VOCABULARY = 150_000  # of GGUF files, whose header here does not say it
# Bytes a weight takes, by the format's name; 4-bit formats with their scales.
BYTES = {
    "fp8": 1.0,
    "int8": 1.0,
    "int4": 0.5625,
    "w4a16": 0.5625,
    "nvfp4": 0.5625,
    "bf16": 2.0,
}


@dataclass(frozen=True)
class Shape:
    """The dimensions that decide how many weights there are, and how large a cache."""

    layers: int
    hidden: int
    inner: int
    heads: int
    kv_heads: int
    head: int
    experts: int
    vocabulary: int
    tied: bool
    context: int

    @property
    def inside(self) -> int:
        """Weights of the layers, which are what is quantized."""
        attention = 2 * self.hidden * self.head * (self.heads + self.kv_heads)
        return self.layers * (attention + 3 * self.hidden * self.inner * max(self.experts, 1))

    @property
    def outside(self) -> int:
        """Weights of the vocabulary, which mostly stay as they are."""
        return self.vocabulary * self.hidden * (1 if self.tied else 2)

    def kv_bytes_per_token(self, element: int = 2) -> int:
        """Key and value cache of one token over all layers, with `element` bytes a number."""
        return 2 * self.layers * self.kv_heads * self.head * element


def of_config(config: Mapping[str, Any]) -> Shape:
    """Read the shape of a `config.json`; raises `KeyError` for one that leaves it out."""
    inner = config.get("text_config")
    text: Mapping[str, Any] = inner if isinstance(inner, dict) else config
    heads = int(text["num_attention_heads"])
    hidden = int(text["hidden_size"])
    return Shape(
        layers=int(text["num_hidden_layers"]),
        hidden=hidden,
        inner=int(text.get("moe_intermediate_size") or text.get("intermediate_size", 4 * hidden)),
        heads=heads,
        kv_heads=int(text.get("num_key_value_heads") or heads),
        head=int(text.get("head_dim") or hidden // heads),
        experts=int(text.get("num_experts") or 0),
        vocabulary=int(text.get("vocab_size") or _VOCABULARY),
        tied=bool(config.get("tie_word_embeddings", text.get("tie_word_embeddings", False))),
        context=int(text["max_position_embeddings"]),
    )


def of_gguf(said: Mapping[str, Any]) -> Shape:
    """Read the shape of a GGUF header; raises `KeyError` for one that leaves it out."""
    name = said["general.architecture"]
    heads, hidden = int(said[f"{name}.attention.head_count"]), int(said[f"{name}.embedding_length"])
    return Shape(
        layers=int(said[f"{name}.block_count"]),
        hidden=hidden,
        inner=int(said[f"{name}.feed_forward_length"]),
        heads=heads,
        kv_heads=int(said.get(f"{name}.attention.head_count_kv", heads)),
        head=int(said.get(f"{name}.attention.key_length", hidden // heads)),
        experts=0,
        vocabulary=_VOCABULARY,
        tied=False,
        context=int(said[f"{name}.context_length"]),
    )


def quantization(config: Mapping[str, Any]) -> str:
    """Name the format of the weights that a `config.json` tells of: one of `BYTES`."""
    inside = config.get("quantization_config") or {}
    method = str(inside.get("quant_method", "")).lower()
    algorithm = str(inside.get("quant_algo", "")).lower()
    if method == "compressed-tensors":
        groups = (inside.get("config_groups") or {}).values()
        bits = [g["weights"]["num_bits"] for g in groups if g.get("weights")]
    else:
        bits = [inside["bits"]] if "bits" in inside else []
    if bits:
        four = "w4a16" if method == "compressed-tensors" else "int4"
        return four if min(bits) <= 4 else "int8"  # noqa: PLR2004
    if "fp4" in algorithm:
        return "nvfp4"
    return "fp8" if "fp8" in (method, algorithm) else "bf16"
