"""Triton's keys in a spec."""

# ruff: noqa: TC003 - pydantic reads the annotations at run time
from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, field_validator

from jetfleet.spec.frozen import FrozenDict, SpecModel, freeze
from jetfleet.spec.option_paths import models_in
from jetfleet.spec.options import Options, refuse_options
from jetfleet.spec.service import OWN_OPTIONS, Flags, Mounts, Service, in_env, unique
from jetfleet.spec.text import Count, Description, Name

Backend = Literal[
    "vllm", "python", "onnxruntime", "pytorch", "tensorrt", "tensorflow", "openvino", "dali"
]

_NO_KEY = "remove it: Triton has no API keys; restrict access to its port in your network"
_LAID_OUT = "write `repository`: jetfleet lays it out"
_LOADED = "remove it: what `repository` names is loaded"
_OF_TRITON = "remove it: Triton itself listens, on `port` and `host` of the service"


class TritonModel(SpecModel):
    """One entry of Triton's model repository, which jetfleet lays out from this."""

    own_options: ClassVar = {
        "model": "write it as `model` of the entry",
        "served-model-name": "remove it: clients use the name of the entry",
        "host": _OF_TRITON,
        "port": _OF_TRITON,
    }
    secret_options: ClassVar = {"hf-token": in_env("HF_TOKEN"), "api-key": _NO_KEY}

    model: Name | None = Field(
        default=None, description="the name of a model under `models`, mounted at /models/NAME"
    )
    backend: Backend = Field(description="the backend of Triton that runs it")
    flags: Options = Field(
        default_factory=FrozenDict, description="vLLM's options for it, written to model.json"
    )
    instances: Count = Field(default=1, description="how many instances of it run")
    config: tuple[Description, ...] = Field(
        default=(), description="a list of more lines of its config.pbtxt"
    )

    @field_validator("flags")
    @classmethod
    def _refuse_options(cls, flags: Mapping[str, Any]) -> Mapping[str, Any]:
        refuse_options(flags, cls.own_options, cls.secret_options)
        return flags


Repository = Annotated[dict[Name, TritonModel], AfterValidator(freeze)]


class TritonService(Service):
    """A Triton: one server with a repository of models."""

    default_port: ClassVar = 8000
    needed: ClassVar = {
        "repository": "a mapping of its models by name, each with its backend",
    }
    instead: ClassVar = {
        "model": "write it under repository: {NAME: {model: NAME, backend: vllm}}",
        "models": "write each under repository: {NAME: {model: NAME, backend: vllm}}",
        "api_key": "Triton has no API keys; restrict access to its port in your network",
    }
    own_options: ClassVar = {
        **OWN_OPTIONS,
        "model": _LAID_OUT,
        "model-repository": _LAID_OUT,
        "model-store": _LAID_OUT,
        "load-model": _LOADED,
        "http-port": "write it as `port` of the service",
        "http-address": "write it as `host` of the service",
    }
    secret_options: ClassVar = {**Service.secret_options, "api-key": _NO_KEY}

    runtime: Literal["triton"]
    repository: Repository = Field(
        default_factory=FrozenDict, description="a mapping of Triton's models by name"
    )
    flags: Flags
    mounts: Mounts

    @property
    def model_names(self) -> tuple[str, ...]:
        """The models of its repository."""
        own = (entry.model for entry in self.repository.values())
        return unique([*own, *self.option_models])

    @property
    def option_models(self) -> tuple[str, ...]:
        """The models that its options name, those of the entries of its repository among them."""
        flags = (self.flags, *(entry.flags for entry in self.repository.values()))
        return unique(name for one in flags for name in models_in(one, self.mounts))

    @property
    def more_ports(self) -> tuple[int, int]:
        """Its ports for gRPC and metrics: as its options say, or the two after its own."""
        written = (self.option("grpc-port"), self.option("metrics-port"))
        grpc, metrics = (
            port if isinstance(port, int) else self.tcp_port + at
            for at, port in enumerate(written, 1)
        )
        return grpc, metrics

    @property
    def tcp_ports(self) -> tuple[int, ...]:
        """All three, but for those that its options keep shut."""
        allowed = (self.option("allow-grpc"), self.option("allow-metrics"))
        pairs = zip(self.more_ports, allowed, strict=True)
        more = (port for port, allow in pairs if allow is not False)
        return tuple(dict.fromkeys((self.tcp_port, *more)))


SERVICE = TritonService
