"""The load of a GGUF file, and what it takes of the board's memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from twins.standins.servers.kit import claims, device, gguf
from twins.standins.servers.kit.openai import Loaded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twins.standins.servers.kit.gguf import Gguf
    from twins.standins.servers.kit.life import Circumstances

_ELEMENT = {"f32": 4.0, "f16": 2.0, "bf16": 2.0, "q8_0": 1.0625, "q5_1": 0.75, "q5_0": 0.6875}
_SMALLEST = 0.5625
_COMPUTE = 300 * 2**20


class Abort(Exception):
    """What ggml ends the process with, by SIGABRT."""


def load(sm: int, options: Mapping[str, Any], around: Circumstances) -> tuple[Loaded, Gguf]:
    """Load the file of `--model`; raises `OSError`, `ValueError`, `RuntimeError` or `Abort`."""
    path = Path(str(options["model"]))
    if not path.is_file():
        raise FileNotFoundError(
            f"gguf_init_from_file: failed to open GGUF file '{path}' (No such file or directory)"
        )
    file = gguf.read(path)
    context = int(options.get("ctx-size") or file.shape.context)
    on_gpu = str(options.get("gpu-layers", "auto")) != "0"
    try:
        board = device.find(around.root)
    except device.NoGpu:
        on_gpu = False
    size = _size(file, context, options)
    if on_gpu and size > board.free_bytes:
        raise RuntimeError(
            f"ggml_backend_cuda_buffer_type_alloc_buffer: allocating {size / 2**20:.2f} MiB on "
            "device 0: cudaMalloc failed: out of memory\n"
            "llama_model_load: error loading model: unable to allocate CUDA0 buffer"
        )
    claims.claim(around.root).hold(size, f"llama.cpp {path.name}")
    around.load(lambda _: None)
    if on_gpu and board.sm != sm and options.get("warmup", True):
        raise Abort(device.NO_KERNELS.splitlines()[0])
    name = str(options.get("alias") or path.name).split(",")[0]
    return Loaded(name, file.weights, context // int(options.get("parallel") or 1)), file


def _size(file: Gguf, context: int, options: Mapping[str, Any]) -> int:
    element = sum(
        _ELEMENT.get(str(options.get(f"cache-type-{part}", "f16")), _SMALLEST) for part in "kv"
    )
    return int(file.bytes + file.shape.kv_bytes_per_token(1) * context * element / 2 + _COMPUTE)
