"""What happens between the command line and the first request: every check, then the weights."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import device as devices
from . import log
from . import model as models

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .device import Device
    from .image import Image
    from .model import Model

_OLD_UTILIZATION, _NEW_UTILIZATION = 0.9, 0.92
_NEW_UTILIZATION_SINCE = (0, 20)


@dataclass(frozen=True)
class Engine:
    """A loaded model: `context` in tokens, `weights` the sha256 over the shards' sha256."""

    names: tuple[str, ...]
    root: str
    context: int
    weights: bytes


@dataclass(frozen=True)
class Circumstances:
    """What a test may turn: seconds that the load takes, the fault to show, where `/` is."""

    load_seconds: float
    fault: str = ""
    root: Path = Path("/")


def start(image: Image, name: str, options: Mapping[str, Any], around: Circumstances) -> Engine:
    """Check as the real engine does, in its order, and load the model.

    Raises `RuntimeError`, `ValueError` or `OSError` with the sentence that vLLM ends with.
    """
    device = devices.find(around.root)
    model = models.open_model(name, Path(name))
    context = _context(model, options)
    share = _share(image, options)
    _check_batch(context, options)
    _check_memory(device, share)
    _check_kernels(image, device)
    weights = _load(model, around)
    _check_cache(device, model, share, context, options)
    served = options.get("served-model-name") or [name]
    names = tuple(served) if isinstance(served, list) else (str(served),)
    return Engine(names, name, context, weights)


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


def _check_kernels(image: Image, device: Device) -> None:
    if image.sm != device.sm:
        raise RuntimeError(
            "CUDA error: no kernel image is available for execution on the device\n"
            "CUDA kernel errors might be asynchronously reported at some other API call, so the "
            "stacktrace below might be incorrect.\n"
            "For debugging consider passing CUDA_LAUNCH_BLOCKING=1"
        )


def _load(model: Model, around: Circumstances) -> bytes:
    began = time.monotonic()
    log.info("gpu_model_runner.py", f"Starting to load model {model.folder}...")
    whole = hashlib.sha256()
    count = len(model.shards)
    for number, shard in enumerate(model.shards):
        log.plain(_progress(number, count, began))
        whole.update(models.digest(shard))
        _take(around.load_seconds / count, f"{shard.path.name} is being loaded")
        if around.fault == "crash-at-load":
            raise RuntimeError(
                "NVML_SUCCESS == r INTERNAL ASSERT FAILED at CUDACachingAllocator.cpp:1090, please "
                "report a bug to PyTorch."
            )
    while around.fault == "never-ready":
        time.sleep(60)
    log.plain(_progress(count, count, began))
    took = time.monotonic() - began
    log.info("default_loader.py", f"Loading weights took {took:.2f} seconds")
    return whole.digest()


def _take(seconds: float, what: str) -> None:
    """Let the seconds pass; a long load says so every second, as the real one's shards do."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(1.0, left))
        if left > 1:
            log.info("weight_utils.py", f"{what}, {left - 1:.0f} s left")


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
    token = model.kv_bytes_per_token(element)
    room = options.get("kv-cache-memory-bytes") or (
        share * device.total_kib * 1024 - model.weight_bytes
    )
    gib = 2**30
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
