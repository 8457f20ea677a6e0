"""Inference: requests as the protocol and its extension for binary tensors have them, and answers.

https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md
"""

from __future__ import annotations

import json
from math import prod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

HEAD = "Inference-Header-Content-Length"
KINDS = {"TYPE_STRING": "BYTES"}
_BYTES = {
    "BOOL": 1, "UINT8": 1, "UINT16": 2, "UINT32": 4, "UINT64": 8, "INT8": 1, "INT16": 2,
    "INT32": 4, "INT64": 8, "FP16": 2, "FP32": 4, "FP64": 8, "BF16": 2,
}  # fmt: skip

Config = dict[str, list[Any]]


class Refused(Exception):
    """A request that is answered with an error: its HTTP status and its sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def tensor(one: Mapping[str, list[Any]], batch: int = 0) -> dict[str, Any]:
    """Return an input or an output of a configuration as metadata show it."""
    kind = str(one["data_type"][0])
    return {
        "name": one["name"][0],
        "datatype": KINDS.get(kind, kind.removeprefix("TYPE_")),
        "shape": [*([-1] if batch else []), *one["dims"]],
    }


def batch_of(config: Config) -> int:
    """Return the largest batch of a model; 0 if its inputs have no dimension for it."""
    return int(config.get("max_batch_size", [0])[0])


def read(body: bytes, length: str | None) -> tuple[dict[str, Any], bytes]:
    """Return the JSON of a request and the bytes of its tensors; raises `Refused`.

    The JSON ends where the header says; without that all of the body is JSON.
    """
    end = int(length) if length and length.isdigit() else len(body)
    try:
        asked = json.loads(body[:end])
    except ValueError:
        raise Refused(400, "failed to parse the request JSON buffer") from None
    if not isinstance(asked, dict) or not isinstance(asked.get("inputs"), list):
        raise Refused(500, "Unable to find 'inputs' in the request")
    return asked, body[end:]


def check(name: str, config: Config, asked: Mapping[str, Any], binary: bytes) -> None:
    """Raise `Refused` unless a request has the inputs that a model's configuration names."""
    batch = batch_of(config)
    wanted = {one["name"][0]: (one, tensor(one, batch)) for one in config.get("input", ())}
    needed = [key for key, (one, _) in wanted.items() if one.get("optional") != ["true"]]
    given = {str(one.get("name")): one for one in asked["inputs"]}
    for key in given.keys() - wanted.keys():
        raise Refused(400, f"unexpected inference input '{key}' for model '{name}'")
    if set(needed) - given.keys():
        raise Refused(
            400, f"expected {len(needed)} inputs but got {len(given)} inputs for model '{name}'"
        )
    size = 0
    for key, one in given.items():
        size += _check_input(name, wanted[key][1], one, batch)
    if size != len(binary):
        raise Refused(400, f"expected {size} additional bytes, got {len(binary)}")


def _check_input(name: str, like: Mapping[str, Any], one: Mapping[str, Any], batch: int) -> int:
    """Return the bytes of an input's binary tensor; raise `Refused` unless it is as declared."""
    key, kind, shape = like["name"], like["datatype"], one.get("shape")
    if one.get("datatype") != kind:
        raise Refused(
            400,
            f"inference input '{key}' data-type is '{one.get('datatype')}', but model '{name}' "
            f"expects '{kind}'",
        )
    if not isinstance(shape, list) or not _fits(like["shape"], shape, batch):
        expected = ",".join(map(str, like["shape"]))
        raise Refused(
            400,
            f"unexpected shape for input '{key}' for model '{name}'. Expected [{expected}], got "
            f"[{','.join(map(str, shape or ()))}]",
        )
    size = (one.get("parameters") or {}).get("binary_data_size")
    if size is None and kind in {"FP16", "BF16"}:
        raise Refused(400, f"{kind} of input '{key}' must be sent as binary data")
    if size is not None and kind in _BYTES and size != prod(shape) * _BYTES[kind]:
        raise Refused(400, f"unexpected total byte size {size} for input '{key}'")
    return int(size or 0)


def _fits(expected: Sequence[int], shape: Sequence[int], batch: int) -> bool:
    pairs = zip(expected, shape, strict=False)
    same = len(expected) == len(shape) and all(e in {-1, s} for e, s in pairs)
    return same and (not batch or shape[0] <= batch)


def zeros(config: Config) -> Iterator[dict[str, Any]]:
    """Yield each output of a model with zeros, one of a batch; 1 where its size is open."""
    for one in config.get("output", ()):
        found = tensor(one, batch_of(config))
        shape = [max(size, 1) for size in found["shape"]]
        empty: object = "" if found["datatype"] == "BYTES" else 0
        yield {**found, "shape": shape, "data": [empty] * prod(shape)}


def binary(head: Mapping[str, Any]) -> tuple[bytes, int]:
    """Return an answer whose tensors are bytes behind the JSON, and the length of the JSON."""
    outputs, tail = [], b""
    for one in head["outputs"]:
        size = prod(one["shape"]) * _BYTES.get(one["datatype"], 4)
        rest = {key: value for key, value in one.items() if key != "data"}
        outputs.append({**rest, "parameters": {"binary_data_size": size}})
        tail += bytes(size)
    text = json.dumps({**head, "outputs": outputs}).encode()
    return text + tail, len(text)
