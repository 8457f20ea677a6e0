"""The command line of `tritonserver`: `src/command_line_parser.cc` of its server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_TEXTS = (
    "id", "log-format", "log-file", "model-store", "model-repository", "model-control-mode",
    "load-model", "http-address", "http-header-forward-pattern", "http-restricted-api",
    "grpc-address", "grpc-header-forward-pattern", "grpc-server-cert", "grpc-server-key",
    "grpc-root-cert", "grpc-infer-response-compression-level", "grpc-restricted-protocol",
    "metrics-address", "metrics-config", "trace-config", "cache-config", "cache-directory",
    "rate-limit", "rate-limit-resource", "cuda-memory-pool-byte-size",
    "cuda-virtual-address-size", "host-policy", "model-load-gpu-limit", "backend-directory",
    "backend-config", "repoagent-directory", "sagemaker-safe-port-range",
    "vertex-ai-default-model",
)  # fmt: skip
_NUMBERS = (
    "log-verbose", "repository-poll-secs", "exit-timeout-secs", "model-load-thread-count",
    "model-load-retry-count", "http-port", "http-thread-count", "grpc-port",
    "grpc-infer-allocation-pool-size", "grpc-keepalive-time", "grpc-keepalive-timeout",
    "grpc-http2-max-pings-without-data", "grpc-max-connection-age", "metrics-port",
    "metrics-interval-ms", "pinned-memory-pool-byte-size", "min-supported-compute-capability",
    "buffer-manager-thread-count", "sagemaker-port", "sagemaker-thread-count", "vertex-ai-port",
    "vertex-ai-thread-count", "response-cache-byte-size",
)  # fmt: skip
_BOOLEANS = (
    "log-info", "log-warning", "log-error", "exit-on-error", "strict-readiness",
    "strict-model-config", "disable-auto-complete-config", "model-namespacing", "allow-http",
    "reuse-http-port", "allow-grpc", "reuse-grpc-port", "grpc-use-ssl", "grpc-use-ssl-mutual",
    "grpc-keepalive-permit-without-calls", "allow-metrics", "allow-gpu-metrics",
    "allow-cpu-metrics", "allow-sagemaker", "allow-vertex-ai",
)  # fmt: skip
_FRACTIONS = {"metrics-interval-ms", "min-supported-compute-capability"}
_WITHOUT_VALUE = {"disable-auto-complete-config", "help"}
_REPEATED = {"model-repository", "load-model", "backend-config", "host-policy", "trace-config",
             "metrics-config", "cache-config", "http-restricted-api", "rate-limit-resource",
             "cuda-memory-pool-byte-size", "grpc-restricted-protocol"}  # fmt: skip
_MODES = ("none", "poll", "explicit")
_YES, _NO = {"true", "1", "on"}, {"false", "0", "off"}
NAMES = frozenset((*_TEXTS, *_NUMBERS, *_BOOLEANS, "help"))


class Wrong(Exception):
    """A command line that is refused, with status 1 and its usage."""


def parse(argv: Sequence[str]) -> dict[str, Any]:
    """Return what was given by name, repeated options as lists; raises `Wrong`."""
    found: dict[str, Any] = {}
    words = iter(argv)
    for word in words:
        written, equals, value = word.removeprefix("--").partition("=")
        if not word.startswith("--"):
            raise Wrong(f"Unexpected argument: {word}")
        name = _whole(written)
        if name in _WITHOUT_VALUE:
            if equals:
                raise Wrong(f"tritonserver: option '--{name}' doesn't allow an argument")
            found[name] = True
            continue
        text = value if equals else next(words, None)
        if text is None:
            raise Wrong(f"tritonserver: option '--{name}' requires an argument")
        if name in _REPEATED:
            found.setdefault(name, []).append(text)
        else:
            found[name] = _value(name, text)
    _check(found)
    return found


def _whole(written: str) -> str:
    """Return the option of that name, or the only one that begins so, as getopt has it."""
    if written in NAMES:
        return written
    begun = [name for name in NAMES if name.startswith(written)]
    if len(begun) == 1:
        return begun[0]
    if begun:
        raise Wrong(f"tritonserver: option '--{written}' is ambiguous")
    raise Wrong(f"tritonserver: unrecognized option '--{written}'")


def _value(name: str, text: str) -> object:
    if name in _BOOLEANS:
        if text.lower() not in _YES | _NO:
            raise Wrong(f"invalid value for bool option: {text}")
        return text.lower() in _YES
    if name in _NUMBERS:
        try:
            return float(text) if name in _FRACTIONS else int(text)
        except ValueError:
            raise Wrong(f"invalid value for option '--{name}': {text}") from None
    return text


def _check(found: dict[str, Any]) -> None:
    mode = found.get("model-control-mode", "none")
    if mode not in _MODES:
        raise Wrong(f"argument for --model-control-mode must be one of {', '.join(_MODES)}: {mode}")
    startup = found.get("load-model", [])
    if startup and mode != "explicit":
        raise Wrong("--load-model requires --model-control-mode=explicit")
    if "*" in startup and len(startup) > 1:
        raise Wrong("Wildcard model name '*' must be the ONLY startup model if specified at all.")
    ports: dict[tuple[str, int], str] = {}
    for service, number in (("http", 8000), ("grpc", 8001), ("metrics", 8002)):
        if not found.get(f"allow-{service}", True):
            continue
        usual = found.get("http-address", "0.0.0.0") if service == "metrics" else "0.0.0.0"  # noqa: S104 - its defaults
        place = (found.get(f"{service}-address", usual), found.get(f"{service}-port", number))
        if place in ports:
            raise Wrong(
                f"The server cannot listen to {ports[place].upper()} requests and "
                f"{service.upper()} requests at the same address and port {place[0]}:{place[1]}"
            )
        ports[place] = service
