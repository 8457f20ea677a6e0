"""Checks of which keys of a service go with its runtime, and what each of them needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.spec.ollama import OllamaSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.spec.model import Service
    from jetfleet.spec.position import KeyPath
    from jetfleet.spec.problem import Problem
    from jetfleet.validate.subject import HostInSpec

_ALL = {"image", "env", "ready_timeout", "on_failure", "waive", "port", "host"}
_KEYS = {
    "vllm": {"model", "ipc", "served_name", "flags", "api_key"},
    "ollama": {"models", "settings", "install", "archives"},
    "triton": {"repository", "flags", "ipc"},
    "trtllm": {"model", "flags", "ipc"},
    "llama.cpp": {"model", "served_name", "flags", "api_key"},
    "live-vlm-webui": {
        "upstream", "api_base", "served_name", "prompt", "max_tokens", "process_every",
    },
    "container": {
        "models", "command", "entrypoint", "mounts", "devices", "ports", "preset", "probe", "ipc",
    },
}  # fmt: skip
"""What each runtime has beside the keys of all."""

_REQUIRED = {
    "vllm": {"model": "the name of a model under `models`"},
    "ollama": {"models": "a list of names of `ollama:` models, the set that it serves"},
    "triton": {"repository": "a mapping of its models by name, each with its backend"},
    "trtllm": {"model": "the name of a model under `models`"},
    "llama.cpp": {"model": "the name of a model under `models`, one with a GGUF file"},
    "container": {
        "image": "an image: the catalog has none for a container",
        "probe": "what shows over HTTP that it is ready, such as probe: {path: /health}",
    },
}
_INSTEAD = {
    ("ollama", "flags"): "write it under settings, such as settings: {keep_alive: 10m}",
    ("ollama", "model"): "write models: [NAME]",
    ("ollama", "served_name"): "clients use Ollama's own name, such as qwen3:1.7b",
    ("triton", "model"): "write it under repository: {NAME: {model: NAME, backend: vllm}}",
    ("triton", "models"): "write each under repository: {NAME: {model: NAME, backend: vllm}}",
    ("trtllm", "served_name"): "trtllm-serve calls a model by its folder: rename the model",
    ("trtllm", "api_key"): "trtllm-serve knows no key; let only those in who may ask",
    ("live-vlm-webui", "model"): "write upstream: SERVICE, or api_base and served_name",
    ("live-vlm-webui", "api_key"): "that of its upstream is taken",
    ("container", "flags"): "write it in command",
    ("container", "model"): "write models: [NAME], which mounts it at /models/NAME",
}
_SOURCES = {
    "vllm": frozenset({"ngc", "hf", "modelscope", "file"}),
    "trtllm": frozenset({"ngc", "hf", "modelscope", "file"}),
    "llama.cpp": frozenset({"ngc", "hf", "modelscope", "file", "https"}),
    "ollama": frozenset({"ollama"}),
}
"""The kinds of source whose layout on disk each runtime can read."""

_OWN_OPTIONS = {
    "triton": {
        "model-repository": "write `repository`: jetfleet lays it out",
        "model-store": "write `repository`: jetfleet lays it out",
        "model-control-mode": "take it out: what `repository` names is loaded",
        "load-model": "take it out: what `repository` names is loaded",
        "http-port": "write it as `port` of the service",
        "http-address": "write it as `host` of the service",
    },
    "llama.cpp": {
        "m": "write it as `model` of the service",
        "alias": "write it as `served_name` of the service",
        "a": "write it as `served_name` of the service",
        "api-key": "write it as `api_key` of the service",
        "api-key-file": "write it as `api_key` of the service",
    },
}
"""Options that have a key of their own, by runtime; those of all are refused in the model."""

_OWN_VARIABLES = {
    "ollama": {
        "OLLAMA_HOST": "write it as `host` and `port` of the service",
        "OLLAMA_MODELS": "write it as `models.ollama_store` of the host",
        "JETSON_JETPACK": "take it out: the host's L4T release tells",
    },
}


def check_runtime(of: HostInSpec, service: Service) -> Iterator[Problem]:
    """Yield a problem for each key that the runtime has no use for, lacks, or cannot take so."""
    yield from _keys(of, service)
    yield from _models(of, service)
    for path, found, expected, remedy in (*_options(service), *_of_container(service)):
        yield of.problem(("services", service.name, *path), found, expected, remedy)
    if service.runtime == "ollama":
        yield from _ollama(of, service)


def _keys(of: HostInSpec, service: Service) -> Iterator[Problem]:
    runtime = service.runtime
    allowed = _ALL | _KEYS[runtime]
    for key in sorted(service.model_fields_set - {"name", "runtime"} - allowed):
        expected = f"a key of {runtime}: {', '.join(sorted(allowed))}"
        remedy = _INSTEAD.get((runtime, key), "take it out")
        yield of.problem(("services", service.name, key), f"the key {key}", expected, remedy)
    for key, expected in _REQUIRED.get(runtime, {}).items():
        if not getattr(service, key):
            remedy = f"add it: {runtime} cannot do without"
            yield of.problem(("services", service.name, key), f"no {key}", expected, remedy)


def _models(of: HostInSpec, service: Service) -> Iterator[Problem]:
    """Yield a problem for each model whose source is of a kind that the runtime cannot read."""
    readable = _SOURCES.get(service.runtime)
    named: list[tuple[KeyPath, str]] = [
        (("models", at), name) for at, name in enumerate(service.models)
    ]
    if service.model is not None:
        named.append((("model",), service.model))
    for path, name in named:
        model = of.spec.models.get(name)
        if model is not None and readable is not None and model.hub not in readable:
            found = f"{name}, which comes from {model.source}"
            expected = f"a model from {', '.join(sorted(readable))} for {service.runtime}"
            remedy = "choose another model, or another runtime for it"
            yield of.problem(("services", service.name, *path), found, expected, remedy)


def _options(service: Service) -> Iterator[tuple[KeyPath, str, str, str]]:
    """Yield what is wrong with options and variables that have a key of their own."""
    options = _OWN_OPTIONS.get(service.runtime, {})
    for name in service.flags:
        plain = name.replace("_", "-")
        if plain in options:
            yield ("flags", name), f"the option {name}", f"no option {plain} here", options[plain]
    for name in service.env:
        remedy = _own_variable(service, name)
        if remedy:
            expected = "a variable without a key of its own"
            yield ("env", name), f"the variable {name}", expected, remedy


def _own_variable(service: Service, name: str) -> str | None:
    """Return what to do about a variable that jetfleet writes itself, or None for another."""
    if service.api_key is not None and name in {"VLLM_API_KEY", "LLAMA_API_KEY"}:
        return "take one of the two out: api_key is written there too"
    setting = name.removeprefix("OLLAMA_").lower()
    if service.runtime == "ollama" and setting in OllamaSettings.model_fields:
        return f"write it as settings: {{{setting}: …}}"
    return _OWN_VARIABLES.get(service.runtime, {}).get(name)


def _of_container(service: Service) -> Iterator[tuple[KeyPath, str, str, str]]:
    if service.runtime != "container" or service.probe is None:
        return
    port = service.tcp_port
    if not port:
        yield ("probe",), "a probe without a port", "the port that is asked", "write port: NUMBER"
    elif service.ports and port not in service.ports:
        found, expected = f"the port {port}", "one that `ports` publishes"
        yield ("probe",), found, expected, f"write one of {', '.join(map(str, service.ports))}"


def _ollama(of: HostInSpec, service: Service) -> Iterator[Problem]:
    """Yield a problem for an Ollama whose program cannot come from where the spec says."""
    path: KeyPath = ("services", service.name)
    if service.in_container:
        if service.archives:
            remedy = "write install: native, or take them out"
            found, expected = "archives for a container", "none: its image has the program"
            yield of.problem((*path, "archives"), found, expected, remedy)
        return
    if service.image is not None:
        found, expected = "an image for install: native", "none"
        yield of.problem((*path, "image"), found, expected, "take one of the two out")
    if not service.archives:
        expected = "the names of https models with Ollama's bundles for arm64"
        remedy = "add archives: [NAME, …], each pinned by its sha256 under `models`"
        yield of.problem((*path, "archives"), "no archives", expected, remedy)
    for at, name in enumerate(service.archives):
        model = of.spec.models.get(name)
        if model is not None and not str(model.source).endswith((".tgz", ".tar.gz", ".tar.zst")):
            found, expected = str(model.source), "an archive: .tgz or .tar.zst"
            remedy = "name the archive that is unpacked"
            yield of.problem((*path, "archives", at), found, expected, remedy)


def keys_of(runtime: str) -> frozenset[str]:
    """Return the keys that a service with this runtime can have, beside `runtime`."""
    return frozenset(_ALL | _KEYS[runtime])
