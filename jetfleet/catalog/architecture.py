"""How a model is built: the few numbers of its config that memory and rules depend on."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Architecture(BaseModel):
    """Read from a model's config.json or GGUF header; None where it does not say.

    Parameters
    ----------
    names:
        What the config calls it, such as ``Qwen3ForCausalLM``.
    layers:
        Layers that keep a key and a value for each token.
    windowed:
        How many of them keep only the last `window` tokens.
    kv_heads, head_dim:
        Heads that keys and values have, and their width.
    heads, vocabulary:
        Attention heads, and tokens that it knows: compute buffers grow with them.
    context:
        The most tokens that it was made for.
    quantisation:
        How weights are stored: ``fp8``, ``fp8-block``, ``nvfp4``, ``awq``, ``gptq-int4``,
        ``w4a16``, ``gguf-q4_k_m`` …; None: as they were trained.
    kv_cache:
        The type that its own config wants keys and values to have.

    """

    model_config = ConfigDict(frozen=True, extra="forbid")

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
