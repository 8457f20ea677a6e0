"""One inference of Triton with zeros: its request, of the shapes that a model's configuration has.

The request is binary, for FP16 and BF16 have no form in JSON:
https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

BYTES_OF = {
    "BOOL": 1, "UINT8": 1, "UINT16": 2, "UINT32": 4, "UINT64": 8, "INT8": 1, "INT16": 2,
    "INT32": 4, "INT64": 8, "FP16": 2, "FP32": 4, "FP64": 8, "BF16": 2, "BYTES": 4,
}  # fmt: skip
"""Bytes of one zero of a datatype; of BYTES it is the length of an empty text."""

MOST_BYTES = 64 << 20
"""Most bytes of the inputs: a board with 8 GB has little memory beside its models."""
_DIGITS = 18
"""Most digits of a number in a configuration."""


class Unasked(Exception):
    """A model that one request of zeros cannot ask; the message says why."""


class Inference(NamedTuple):
    """A request: the length of its JSON, its body, and whether its shapes are a guess."""

    head: int
    body: bytes
    guessed: bool


def inference(config: dict[str, Any]) -> Inference:
    """Return a request with zeros for every input of a model that is not optional.

    One of a batch, and 1 for a dimension that the model leaves open: that is a guess.
    """
    if (config.get("model_transaction_policy") or {}).get("decoupled"):
        raise Unasked("it is decoupled, and `infer` serves no such model")
    wanted = [one for one in config.get("input") or [] if not one.get("optional")]
    batch = [1] if _number(config.get("max_batch_size") or 0) > 0 else []
    inputs, size, guessed = [], 0, False
    for one in wanted:
        kind = one["data_type"].replace("TYPE_", "", 1).replace("STRING", "BYTES")
        dims = [_number(number) for number in one["dims"]]
        shape = [*([] if one.get("is_shape_tensor") else batch), *(max(n, 1) for n in dims)]
        length = _length(kind, shape)
        # An empty text or a size of 1 may be one that the model itself refuses.
        guessed = guessed or kind == "BYTES" or min(dims, default=1) < 1
        guessed = guessed or bool(one.get("is_shape_tensor"))
        size += length
        about = {"name": one["name"], "datatype": kind, "shape": shape}
        inputs.append({**about, "parameters": {"binary_data_size": length}})
    if not inputs:
        raise Unasked("its configuration names no input")
    if size > MOST_BYTES:
        raise Unasked(f"its inputs are larger than {MOST_BYTES >> 20} MiB")
    parameters: dict[str, Any] = {"binary_data_output": True}
    if config.get("sequence_batching") is not None:
        parameters.update(sequence_id=1, sequence_start=True, sequence_end=True)
    head = json.dumps({"inputs": inputs, "parameters": parameters}).encode()
    return Inference(len(head), head + bytes(size), guessed)


def _length(kind: str, shape: list[int]) -> int:
    """Return the bytes of zeros of a shape; from `MOST_BYTES` on, any larger number."""
    length = BYTES_OF[kind]
    for number in shape:
        length = min(length * number, MOST_BYTES + 1)
    return length


def _number(value: object) -> int:
    """Return a number of a configuration, which Triton writes as a number or as its digits."""
    digits = str(value)
    if len(digits) > _DIGITS:
        raise ValueError(f"a number of {len(digits)} characters")
    return int(digits)
