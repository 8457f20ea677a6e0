"""What happens between the command line and the first request: every check, then the weights."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twins.standins.servers.kit import claims, folder
from twins.standins.servers.kit import device as devices

from . import log

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twins.standins.servers.kit.claims import Claim
    from twins.standins.servers.kit.device import Device
    from twins.standins.servers.kit.folder import Model
    from twins.standins.servers.kit.life import Circumstances

    from .image import Image

_OLD_UTILIZATION, _NEW_UTILIZATION = 0.9, 0.92
_NEW_UTILIZATION_SINCE = (0, 20)


@dataclass(frozen=True)
class Engine:
    """A loaded model: `context` in tokens, `weights` the sha256 over the shards' sha256."""

    names: tuple[str, ...]
    root: str
    context: int
    weights: bytes
    model: Model
    claim: Claim
    broken: str = ""


def start(
    image: Image,
    name: str,
    options: Mapping[str, Any],
    around: Circumstances,
    environment: Mapping[str, str],
) -> Engine:
    """Check as the real engine does, in its order, and load the model.

    Raises `RuntimeError`, `ValueError` or `OSError` with the sentence that vLLM ends with.
    """
    try:
        device = devices.find(around.root)
    except devices.NoGpu:
        raise RuntimeError(
            "Failed to infer device type, please set the environment variable "
            "`VLLM_LOGGING_LEVEL=DEBUG` to turn on verbose logging to help debug the issue."
        ) from None
    model = folder.open_model(name, Path(name))
    context = _context(model, options)
    share = _share(image, options)
    _check_batch(context, options)
    _check_memory(device, share)
    device.check_kernels(image.sm)
    _check_weights(device, model)
    claim = claims.claim(around.root)
    claim.hold(int(share * device.total_kib * 1024), f"vllm {name}")
    for flaw in image.flaws:
        if flaw.shows(model.quantization, "load", environment):
            raise RuntimeError(flaw.sentence)
    weights = _load(model, around)
    _check_cache(device, model, share, context, options)
    served = options.get("served-model-name") or [name]
    names = tuple(served) if isinstance(served, list) else (str(served),)
    wrong = [f for f in image.flaws if f.shows(model.quantization, "generation", environment)]
    broken = wrong[0].sentence if wrong else ""
    return Engine(names, name, context, weights, model, claim, broken)


def _context(model: Model, options: Mapping[str, Any]) -> int:
    asked = options.get("max-model-len")
    if asked is None or asked == -1:
        return model.context
    if asked > model.context:
        raise ValueError(
            f"1 validation error for ModelConfig\n  Value error, User-specified max_model_len "
            f"({asked}) is greater than the derived max_model_len (max_position_embeddings="
            f"{model.context} or model_max_length=None in model's config.json). To allow "
            "overriding this maximum, set the env var VLLM_ALLOW_LONG_MAX_MODEL_LEN=1."
        )
    return int(asked)


def _share(image: Image, options: Mapping[str, Any]) -> float:
    newer = image.release >= _NEW_UTILIZATION_SINCE
    usual = _NEW_UTILIZATION if newer else _OLD_UTILIZATION
    share = float(options.get("gpu-memory-utilization", usual))
    if not 0 < share <= 1:
        bound, word = (
            ("greater than 0", "greater_than")
            if share <= 0
            else ("less than or equal to 1", "less_than_equal")
        )
        raise ValueError(
            "1 validation error for CacheConfig\ngpu_memory_utilization\n"
            f"  Input should be {bound} [type={word}, input_value={share}, input_type=float]"
        )
    return share


def _check_batch(context: int, options: Mapping[str, Any]) -> None:
    batch = options.get("max-num-batched-tokens")
    if batch is not None and batch < context and options.get("enable-chunked-prefill") is False:
        raise ValueError(
            f"1 validation error for SchedulerConfig\n  Value error, max_num_batched_tokens "
            f"({batch}) is smaller than max_model_len ({context}). This effectively limits the "
            "maximum sequence length to max_num_batched_tokens and makes vLLM reject longer "
            "sequences. Please increase max_num_batched_tokens or decrease max_model_len."
        )


def _check_memory(device: Device, share: float) -> None:
    wanted = share * device.total_gib
    if wanted > device.free_gib:
        raise ValueError(
            f"Free memory on device cuda:0 ({device.free_gib:.2f}/{device.total_gib:.2f} GiB) on "
            f"startup is less than desired GPU memory utilization ({share}, {wanted:.2f} GiB). "
            "Decrease GPU memory utilization or reduce GPU memory used by other processes."
        )


def _check_weights(device: Device, model: Model) -> None:
    if model.bytes > device.free_bytes:
        raise RuntimeError(
            f"torch.OutOfMemoryError: CUDA out of memory. Tried to allocate "
            f"{model.bytes / 2**30:.2f} GiB. GPU 0 has a total capacity of "
            f"{device.total_gib:.2f} GiB of which {device.free_gib:.2f} GiB is free."
        )


def _load(model: Model, around: Circumstances) -> bytes:
    began = time.monotonic()
    log.info("gpu_model_runner.py", f"Starting to load model {model.folder}...")
    count = len(model.shards)
    log.plain(_progress(0, count, began))
    around.load(lambda left: log.info("weight_utils.py", f"the model is being loaded, {left}"))
    weights = folder.read(model)
    log.plain(_progress(count, count, began))
    took = time.monotonic() - began
    log.info("default_loader.py", f"Loading weights took {took:.2f} seconds")
    return weights


def _progress(done: int, count: int, began: float) -> str:
    part, took = done / count, time.monotonic() - began
    return (
        f"Loading safetensors checkpoint shards: {part:4.0%} Completed | {done}/{count} "
        f"[{int(took) // 60:02d}:{int(took) % 60:02d}]"
    )


def _check_cache(
    device: Device, model: Model, share: float, context: int, options: Mapping[str, Any]
) -> None:
    element = 1 if str(options.get("kv-cache-dtype", "auto")).startswith("fp8") else 2
    token = model.shape.kv_bytes_per_token(element)
    room = options.get("kv-cache-memory-bytes") or (share * device.total_kib * 1024 - model.bytes)
    gib = 2**30
    if room <= 0:
        raise ValueError(
            "No available memory for the cache blocks. Try increasing `gpu_memory_utilization` "
            "when initializing the engine."
        )
    if token * context > room:
        raise ValueError(
            f"To serve at least one request with the models's max seq len ({context}), "
            f"({token * context / gib:.2f} GiB KV cache is needed, which is larger than the "
            f"available KV cache memory ({room / gib:.2f} GiB). Based on the available memory, "
            f"the estimated maximum model length is {int(room / token)}. Try increasing "
            "`gpu_memory_utilization` or decreasing `max_model_len` when initializing the engine."
        )
    log.info("gpu_worker.py", f"Available KV cache memory: {room / gib:.2f} GiB")
    log.info("kv_cache_utils.py", f"GPU KV cache size: {int(room / token):,} tokens")
    if not options.get("enforce-eager"):
        log.info("gpu_model_runner.py", "Graph capturing finished in 0 secs, took 0.00 GiB")
