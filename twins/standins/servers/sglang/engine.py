"""The load of a model: kernels, memory and context checked in SGLang's order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from twins.standins.servers.kit import claims, device, folder
from twins.standins.servers.kit.openai import Loaded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twins.standins.servers.kit.device import Device
    from twins.standins.servers.kit.folder import Model
    from twins.standins.servers.kit.life import Circumstances

_USUAL_FRACTION = 0.88


def load(
    about: Mapping[str, Any],
    options: Mapping[str, Any],
    around: Circumstances,
    say: Callable[[str], None],
) -> tuple[Loaded, bool]:
    """Load the model; return it, and whether it takes pictures.

    Raises `RuntimeError`, `ValueError` or `OSError` with the sentence that SGLang ends with.
    """
    try:
        board = device.find(around.root)
    except device.NoGpu:
        raise RuntimeError("No accelerator (CUDA, XPU, HPU) is available.") from None
    name = str(options["model-path"])
    model = folder.open_model(name, Path(name))
    context = _context(model, options.get("context-length"))
    board.check_kernels(about["sm"])
    pool = _pool(board, model, options)
    claims.claim(around.root).hold(model.bytes + pool, f"sglang {name}")
    around.load(lambda left: say(f"Loading safetensors checkpoint shards, {left}"))
    weights = folder.read(model)
    say(f"KV Cache is allocated. #tokens: {pool // model.shape.kv_bytes_per_token()}")
    return Loaded(str(options.get("served-model-name") or name), weights, context), model.vision


def _context(model: Model, asked: int | None) -> int:
    if asked is not None and asked > model.context:
        raise ValueError(
            f"User-specified context_length ({asked}) is greater than the derived context_length "
            f"({model.context}). This may lead to incorrect model outputs or CUDA errors. To allow "
            "overriding this maximum, set the env var SGLANG_ALLOW_OVERWRITE_LONGER_CONTEXT_LEN=1"
        )
    if asked is not None and asked <= 0:
        raise ValueError(f"context_length must be positive, got {asked}")
    return asked or model.context


def _pool(board: Device, model: Model, options: Mapping[str, Any]) -> int:
    """Return the bytes of the KV cache: what is left of a fraction of the memory now free."""
    fraction = float(options.get("mem-fraction-static", _USUAL_FRACTION))
    if model.bytes > board.free_bytes:
        raise RuntimeError(
            f"torch.OutOfMemoryError: CUDA out of memory. Tried to allocate "
            f"{model.bytes / 2**30:.2f} GiB. GPU 0 has {board.free_gib:.2f} GiB free."
        )
    left = board.free_bytes - model.bytes
    pool = int(left - board.free_bytes * (1 - fraction))
    most = options.get("max-total-tokens")
    if most is not None:
        pool = min(pool, most * model.shape.kv_bytes_per_token())
    if pool <= 0:
        raise RuntimeError(
            "Not enough memory. Please try to increase --mem-fraction-static. "
            f"Current value: self.server_args.mem_fraction_static={fraction}"
        )
    if pool > left:
        raise RuntimeError("torch.OutOfMemoryError: CUDA out of memory.")
    return pool
