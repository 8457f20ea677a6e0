"""The architecture of a model: the numbers of its config that memory and rules depend on."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Architecture(BaseModel):
    """Values of a model's config.json or GGUF header; None if they are missing there.

    Parameters
    ----------
    names:
        Names of the architecture in the config, such as ``Qwen3ForCausalLM``.
    layers:
        Layers that keep a key and a value for each token.
    windowed:
        How many of them keep only the last `window` tokens.
    kv_heads, head_dim:
        Heads that keys and values have, and their width.
    heads, vocabulary:
        Attention heads, and tokens of the vocabulary: compute buffers grow with them.
    context:
        The most tokens that the model supports.
    quantisation:
        The format of the weights: ``fp8``, ``fp8-block``, ``nvfp4``, ``awq``, ``gptq-int4``,
        ``w4a16``, ``gguf-q4_k_m`` …; None: not quantised.
    kv_cache:
        The type of keys and values that the config asks for.

    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    names: tuple[str, ...] = ()
    layers: int | None = None
    windowed: int | None = None
    window: int | None = None
    kv_heads: int | None = None
    head_dim: int | None = None
    heads: int | None = None
    vocabulary: int | None = None
    context: int | None = None
    quantisation: str | None = None
    kv_cache: str | None = None
