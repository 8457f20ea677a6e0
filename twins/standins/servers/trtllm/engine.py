"""The load of a model: its files, kernels and memory checked, as the executor does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from twins.standins.servers.kit import claims, device, folder
from twins.standins.servers.kit.openai import Loaded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twins.standins.servers.kit.folder import Model
    from twins.standins.servers.kit.life import Circumstances

# https://github.com/NVIDIA/TensorRT-LLM/issues/5594
NO_BLOCK_SCALING = "Unsupported SM version for FP8 block scaling GEMM"


def load(about: Mapping[str, Any], options: Mapping[str, Any], around: Circumstances) -> Loaded:
    """Load the model; raises `RuntimeError`, `ValueError` or `OSError` with its sentence."""
    try:
        board = device.find(around.root)
    except device.NoGpu:
        raise ValueError("No GPU devices found on the node") from None
    name = str(options["model"]).rstrip("/")
    model = folder.open_model(name, Path(name))
    board.check_kernels(int(about["sm"]))
    fraction = float(options["free_gpu_memory_fraction"])
    if not 0 < fraction <= 1:
        raise ValueError(
            "1 validation error for KvCacheConfig\nfree_gpu_memory_fraction\n  Input should be "
            f"greater than 0 and less than or equal to 1, got {fraction}"
        )
    left = board.free_bytes - model.bytes
    context = min(int(options.get("max_seq_len") or model.context), model.context)
    cache = int(left * fraction)
    if left < 0 or cache < model.shape.kv_bytes_per_token() * context:
        raise RuntimeError(
            f"torch.OutOfMemoryError: CUDA out of memory. Tried to allocate "
            f"{model.bytes / 2**30:.2f} GiB and the KV cache of {context} tokens; "
            f"{board.free_gib:.2f} GiB is free."
        )
    claims.claim(around.root).hold(model.bytes + cache, f"trtllm {name}")
    around.load(lambda _: None)
    weights = folder.read(model)
    if _block_scaled(model) and board.sm in about["without_block_scaling"]:
        raise RuntimeError(NO_BLOCK_SCALING)
    return Loaded(Path(name).name, weights, context)


def _block_scaled(model: Model) -> bool:
    inside = model.config.get("quantization_config") or {}
    return model.quantization == "fp8" and "weight_block_size" in inside
