"""The models of a running server, and what it answers of them."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twins.standins.servers.kit import words

from . import inference, pbtxt, repository
from .repository import Backends, Failed, Model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twins.standins.servers.kit.life import Circumstances
    from twins.standins.servers.kit.words import Completion

_USUAL_TOKENS = 16
EXTENSIONS = (
    "classification", "sequence", "model_repository", "model_repository(unload_dependents)",
    "schedule_policy", "model_configuration", "system_shared_memory", "cuda_shared_memory",
    "binary_tensor_data", "parameters", "statistics", "trace", "logging",
)  # fmt: skip


class Unknown(Exception):
    """A request that the server refuses with 400."""


class Server:
    """The models by name; one that failed to load keeps its reason."""

    def __init__(
        self,
        version: str,
        options: Mapping[str, Any],
        backends: Backends,
        around: Circumstances,
        environment: Mapping[str, str],
    ) -> None:
        self.version, self.options, self.backends = version, options, backends
        self.around, self.environment = around, environment
        self.folders = [Path(one) for one in options.get("model-repository", ())]
        self.models: dict[str, Model] = {}
        self.counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def start(self) -> list[str]:
        """Load what the control mode says; return the names that failed. Raises `Failed`."""
        found = repository.names(self.folders)
        wanted = found
        if self.options.get("model-control-mode") == "explicit":
            wanted = self.options.get("load-model", [])
            wanted = found if wanted == ["*"] else wanted
        return [name for name in wanted if not self._loads(name)]

    def _loads(self, name: str) -> bool:
        try:
            self.load(name)
        except Failed:
            return False
        return True

    @property
    def ready(self) -> bool:
        """Whether all models that were asked for are."""
        strict = self.options.get("strict-readiness", True)
        return not strict or all(model.ready for model in self.models.values())

    def load(self, name: str) -> None:
        """Load a model; raises `Failed`."""
        with self._lock:
            self._drop(name)
            try:
                self.models[name] = repository.load(
                    name, self.folders, self.backends, self.around, self.environment
                )
            except Failed as failed:
                self.models[name] = Model(name, reason=str(failed), version="1")
                raise

    def unload(self, name: str) -> None:
        """Let a model go; raises `Unknown`."""
        with self._lock:
            if name not in repository.names(self.folders):
                raise Unknown(f"failed to unload '{name}', unknown model")
            self._drop(name)
            self.models[name] = Model(name, reason="unloaded", version="1")

    def index(self, *, ready_only: bool) -> list[dict[str, str]]:
        """Return every model of the repository and its state."""
        rows = []
        for name in sorted({*repository.names(self.folders), *self.models}):
            model = self.models.get(name)
            if model is None:
                rows += [] if ready_only else [{"name": name}]
            elif model.ready:
                rows.append({"name": name, "version": model.version, "state": "READY"})
            elif not ready_only:
                row = {"name": name, "version": model.version, "state": "UNAVAILABLE"}
                rows.append({**row, "reason": model.reason})
        return rows

    def model(self, name: str) -> Model:
        """Return a model that is ready; raises `Unknown`."""
        model = self.models.get(name)
        if model is None:
            raise Unknown(f"Request for unknown model: '{name}' is not found")
        if not model.ready:
            raise Unknown(f"Request for unknown model: '{name}' has no available versions")
        return model

    def generate(self, name: str, asked: Mapping[str, Any]) -> tuple[Model, Completion]:
        """Generate with a model that has a vLLM engine; raises `Unknown`."""
        model = self.model(name)
        if model.engine is None:
            raise Unknown(f"model '{name}' has no input 'text_input' and no output 'text_output'")
        if "text_input" not in asked:
            raise Unknown("unable to parse 'inputs': expected 1 inputs but got 0 inputs")
        if model.engine.broken or self.around.fault.startswith("generation"):
            raise Unknown(f"Error generating stream: {model.engine.broken or 'engine is dead'}")
        prompt = str(asked["text_input"])
        parameters = {**asked, **(asked.get("parameters") or {})}
        count = len(prompt.split())
        most = int(parameters.get("max_tokens", _USUAL_TOKENS))
        if count + 1 > model.engine.context:
            raise Unknown(
                f"Error generating stream: The decoder prompt (length {count}) is longer than the "
                f"maximum model length of {model.engine.context}."
            )
        most = min(most, model.engine.context - count)
        done = words.generate(
            model.engine.weights, prompt, count, most, rubbish=self.around.fault == "rubbish"
        )
        self.counts[name] += 1
        return model, done

    def infer(self, name: str, asked: Mapping[str, Any], binary: bytes) -> dict[str, Any]:
        """Answer with zeros of the outputs that the configuration declares.

        Raises `Unknown`, and `inference.Refused` for other inputs than those that it declares.
        """
        model = self.model(name)
        config = model.config or {}
        inference.check(name, config, asked, binary)
        if self.around.fault.startswith("generation"):
            raise inference.Refused(500, f"onnx runtime error 1: model '{name}': CUDA error")
        self.counts[name] += 1
        outputs = list(inference.zeros(config))
        return {"model_name": name, "model_version": model.version, "outputs": outputs}

    def config(self, name: str) -> dict[str, Any]:
        """Return a model's configuration, completed; raises `Unknown`."""
        model = self.model(name)
        usual = {"platform": "", "max_batch_size": 0, "input": [], "output": []}
        return {"name": name, **usual, **pbtxt.shown(model.config or {}), "backend": model.backend}

    def metadata(self, name: str) -> dict[str, Any]:
        """Describe a model; raises `Unknown`."""
        model = self.model(name)
        config = model.config or {}
        about = {"name": name, "versions": [model.version], "platform": model.backend}
        batch = inference.batch_of(config)
        sides = {side: [inference.tensor(one, batch) for one in config.get(side[:-1], ())]
                 for side in ("inputs", "outputs")}  # fmt: skip
        return {**about, **sides}

    def _drop(self, name: str) -> None:
        gone = self.models.pop(name, None)
        if gone and gone.engine:
            gone.engine.claim.end()
