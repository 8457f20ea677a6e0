"""Models in folders: `NAME/config.pbtxt`, `NAME/1/…`, and a backend that the image has."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twins.standins.servers.vllm import engine

from . import pbtxt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from twins.standins.servers.kit.life import Circumstances
    from twins.standins.servers.vllm.engine import Engine
    from twins.standins.servers.vllm.image import Image

# What a backend looks for in a version's folder.
_FILES = {
    "onnxruntime": "model.onnx",
    "python": "model.py",
    "pytorch": "model.pt",
    "tensorrt": "model.plan",
    "vllm": "model.json",
}
_PLATFORMS = {
    "onnxruntime_onnx": "onnxruntime",
    "pytorch_libtorch": "pytorch",
    "tensorrt_plan": "tensorrt",
}
# Backends that complete a configuration from the model's file, which here is no model:
# https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/user_guide/model_configuration.html#auto-generated-model-configuration
_COMPLETES = {"onnxruntime", "tensorrt"}
_COMPLETED: dict[str, dict[str, list[Any]]] = {
    "input": {"name": ["input"], "data_type": ["TYPE_FP32"], "dims": [3, 8, 8]},
    "output": {"name": ["output"], "data_type": ["TYPE_FP32"], "dims": [4]},
}
# Options of `vllm serve` that are the web server's and not the engine's.
_OF_THE_SERVER = (
    "host", "port", "api-key", "ssl", "allow", "uvicorn", "root-path", "chat-template",
    "response-role", "middleware", "config", "lora-modules",
)  # fmt: skip


class Failed(Exception):
    """A model that does not load: the sentence."""


@dataclass(frozen=True)
class Backends:
    """What an image can run: its backends by name, and its vLLM where it has one."""

    names: tuple[str, ...]
    vllm: Image | None


@dataclass
class Model:
    """A model of the repository: its version, or the reason why it is not ready."""

    name: str
    backend: str = ""
    version: str = ""
    reason: str = ""
    config: dict[str, list[Any]] | None = None
    engine: Engine | None = None
    settings: dict[str, Any] | None = None

    @property
    def ready(self) -> bool:
        """Whether it answers."""
        return bool(self.version) and not self.reason


def names(folders: Sequence[Path]) -> list[str]:
    """List the models; raises `Failed` for a repository that is not there."""
    for folder in folders:
        if not folder.is_dir():
            raise Failed(f"failed to stat file {folder}")
    return sorted({one.name for folder in folders for one in folder.iterdir() if one.is_dir()})


def load(
    name: str,
    folders: Sequence[Path],
    backends: Backends,
    around: Circumstances,
    environment: Mapping[str, str],
) -> Model:
    """Load a model; raises `Failed` with the server's sentence."""
    folder = next((f / name for f in folders if (f / name).is_dir()), None)
    if folder is None:
        raise Failed(f"failed to poll from model repository: no such model '{name}'")
    config = _config(name, folder)
    backend = _backend(config)
    version = max((d.name for d in folder.iterdir() if d.name.isdecimal()), key=int, default="")
    if not version:
        raise Failed(
            f"at least one version must be available under the version policy of model '{name}'"
        )
    if backend not in backends.names:
        raise Failed(
            f"unable to find backend library for backend '{backend}', try specifying runtime on "
            "the model configuration."
        )
    wanted = str(config.get("default_model_filename", [_FILES.get(backend, "")])[0])
    if wanted and not (folder / version / wanted).is_file():
        raise Failed(f"'{wanted}' must be provided in '{folder / version}'")
    for side, tensors in _COMPLETED.items() if backend in _COMPLETES else ():
        config.setdefault(side, [tensors])
    model = Model(name, backend, version, config=config)
    if backend == "vllm" and backends.vllm:
        model.settings = _settings(folder / version / "model.json")
        model.engine = _engine(model.settings, backends.vllm, around, environment)
    else:
        around.load(lambda _: None)
    return model


def _config(name: str, folder: Path) -> dict[str, list[Any]]:
    path = folder / "config.pbtxt"
    if not path.is_file():
        raise Failed(
            f"failed to open text file for read {path}: No such file or directory; and the model "
            "configuration cannot be completed for this model"
        )
    try:
        config = pbtxt.parse(path.read_text())
    except ValueError as error:
        raise Failed(f"failed to read text proto from {path}: {error}") from None
    if config.get("name", [name]) != [name]:
        raise Failed(
            f"unexpected directory name '{name}' for model '{config['name'][0]}', directory name "
            "must equal model name"
        )
    return config


def _backend(config: Mapping[str, list[Any]]) -> str:
    platform = str(config.get("platform", [""])[0])
    return str(config.get("backend", [_PLATFORMS.get(platform, "")])[0])


def _settings(path: Path) -> dict[str, Any]:
    try:
        written = json.loads(path.read_text())
    except ValueError as error:
        raise Failed(f"Internal: JSONDecodeError: {error}") from None
    if not isinstance(written, dict) or "model" not in written:
        raise Failed(f"Internal: '{path}' holds no engine arguments with a model")
    return written


def _engine(
    settings: dict[str, Any],
    image: Image,
    around: Circumstances,
    environment: Mapping[str, str],
) -> Engine:
    options = {key.replace("_", "-"): value for key, value in settings.items() if key != "model"}
    for key in settings.keys() - {"model", "disable_log_requests", "disable_log_stats"}:
        option = key.replace("_", "-")
        if f"--{option}" not in image.options or option.startswith(_OF_THE_SERVER):
            raise Failed(
                f"Internal: TypeError: AsyncEngineArgs.__init__() got an unexpected keyword "
                f"argument '{key}'"
            )
    try:
        return engine.start(image, str(settings["model"]), options, around, environment)
    except (OSError, RuntimeError, TypeError, ValueError) as error:
        raise Failed(f"Internal: {type(error).__name__}: {error}") from None
