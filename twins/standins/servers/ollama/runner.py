"""Models in memory: loaded for a request, unloaded later."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twins.standins.servers.kit import claims, device, gguf

if TYPE_CHECKING:
    from twins.standins.servers.kit.claims import Claim
    from twins.standins.servers.kit.gguf import Gguf
    from twins.standins.servers.kit.life import Circumstances

    from .gpu import Gpu
    from .settings import Settings
    from .store import Manifest, Store

_GRAPH = 300 * 2**20
_AUTO_LOADED, _AUTO_PARALLEL = 3, 2
_CACHE_BYTES = {"q8_0": 1.0625, "q4_0": 0.5625}
_SWEEP_SECONDS = 0.1


@dataclass
class Loaded:
    """One of them: what it takes in bytes, and of that on the GPU; when it is let go."""

    manifest: Manifest
    file: Gguf
    context: int
    size: int
    size_vram: int
    expires: float
    claim: Claim


class Runners:
    """All of them."""

    def __init__(self, settings: Settings, store: Store, gpu: Gpu, around: Circumstances) -> None:
        self.settings, self.store, self.gpu, self.around = settings, store, gpu, around
        self.loaded: dict[str, Loaded] = {}
        self._lock = threading.Lock()
        threading.Thread(target=self._sweep, daemon=True).start()

    def get(
        self, manifest: Manifest, keep: float | None = None, context: int | None = None
    ) -> Loaded:
        """Return a model, loaded if need be, kept for `keep` seconds from now.

        Raises `RuntimeError`, `OSError` or `ValueError` with the server's sentence.
        """
        seconds = self.settings.keep_alive if keep is None else keep
        with self._lock:
            path = self.store.weights(manifest)
            if self.gpu.device and self.gpu.device.sm not in self.gpu.sms:
                raise RuntimeError(
                    "llama runner process has terminated: error:CUDA error: no kernel image is "
                    "available for execution on the device"
                )
            found = self.loaded.get(manifest.digest)
            if found is None or (context and found.context != context):
                found = self._load(manifest, gguf.read(path), context)
            found.expires = time.time() + seconds
            return found

    def unload(self, digest: str) -> None:
        """Let a model go, if it is there."""
        with self._lock:
            self._drop(digest)

    def _load(self, manifest: Manifest, file: Gguf, context: int | None) -> Loaded:
        self._drop(manifest.digest)
        most = self.settings.max_loaded_models or _AUTO_LOADED
        length = min(context or self.settings.context_length, file.shape.context)
        size = self._size(file, length, self.settings.num_parallel or _AUTO_PARALLEL)
        while self.loaded and (len(self.loaded) >= most or size > self._free()):
            self._drop(min(self.loaded, key=lambda one: self.loaded[one].expires))
        if size > self._free() and not self.settings.num_parallel:
            size = self._size(file, length, 1)
        free = self._free()
        if size > free:
            raise RuntimeError(
                f"model requires more system memory ({size / 2**30:.1f} GiB) than is available "
                f"({free / 2**30:.1f} GiB)"
            )
        claim = claims.claim(self.around.root)
        claim.hold(size, f"ollama {manifest.name.short}")
        self.around.load(lambda _: None)
        vram = min(size, max(free - self.settings.gpu_overhead, 0)) if self.gpu.device else 0
        found = Loaded(manifest, file, length, size, vram, 0, claim)
        self.loaded[manifest.digest] = found
        return found

    def _size(self, file: Gguf, length: int, parallel: int) -> int:
        scale = _CACHE_BYTES.get(self.settings.kv_cache_type.lower(), 2.0)
        element = scale if self.settings.flash_attention else 2.0
        cache = file.shape.kv_bytes_per_token(1) * element * length * parallel
        return int(file.bytes + cache + _GRAPH)

    def _free(self) -> int:
        try:
            return device.find(self.around.root).free_bytes
        except device.NoGpu:
            return 2**63

    def _drop(self, digest: str) -> None:
        gone = self.loaded.pop(digest, None)
        if gone:
            gone.claim.end()

    def _sweep(self) -> None:
        while True:
            time.sleep(_SWEEP_SECONDS)
            with self._lock:
                for digest in [d for d, m in self.loaded.items() if m.expires <= time.time()]:
                    self._drop(digest)
