"""`config.pbtxt`: the text form of protocol buffers, the part that model configurations use."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_REPEATED = {
    "input",
    "output",
    "instance_group",
    "dims",
    "batch_input",
    "batch_output",
    "model_warmup",
    "cc_model_filenames",
    "profile",
    "gpus",
    "versions",
    "label_filename",
}
_TOKEN = re.compile(r'\s+|#[^\n]*|("(?:[^"\\]|\\.)*")|([\w.+-]+)|([{}\[\]:,;<>])')
# Of https://github.com/triton-inference-server/common/blob/main/protobuf/model_config.proto.
FIELDS = frozenset({
    "name", "platform", "backend", "runtime", "version_policy", "max_batch_size", "input", "output",
    "batch_input", "batch_output", "optimization", "dynamic_batching", "sequence_batching",
    "ensemble_scheduling", "instance_group", "default_model_filename", "cc_model_filenames",
    "metric_tags", "parameters", "model_warmup", "model_operations", "model_transaction_policy",
    "model_repository_agents", "response_cache", "model_metrics",
})  # fmt: skip


def parse(text: str) -> dict[str, list[Any]]:
    """Return each field's values, messages as maps; raise `ValueError`, which says where."""
    tokens = list(_tokens(text))
    found, at = _message(tokens, 0, None)
    if at != len(tokens):
        raise ValueError(f"unexpected '{tokens[at]}'")
    unknown = sorted(found.keys() - FIELDS)
    if unknown:
        raise ValueError(f'Message type "inference.ModelConfig" has no field named "{unknown[0]}".')
    return found


def shown(message: dict[str, list[Any]]) -> dict[str, Any]:
    """Return a message as JSON has it: lists only of fields that are repeated."""
    found: dict[str, Any] = {}
    for name, values in message.items():
        plain = [shown(one) if isinstance(one, dict) else one for one in values]
        if name == "parameters":
            found[name] = {one.get("key", ""): one.get("value") for one in plain}
        else:
            found[name] = plain if name in _REPEATED else plain[-1]
    return found


def _tokens(text: str) -> Iterator[str]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if not match:
            raise ValueError(f"{text.count(chr(10), 0, at) + 1}: unexpected '{text[at]}'")
        at = match.end()
        token = next(filter(None, match.groups()), None)
        if token:
            yield token


def _message(tokens: list[str], at: int, end: str | None) -> tuple[dict[str, list[Any]], int]:
    found: dict[str, list[Any]] = {}
    while at < len(tokens) and tokens[at] != end:
        name, at = tokens[at], at + 1
        if not re.fullmatch(r"\w+", name):
            raise ValueError(f"Expected identifier, got: {name}")
        if at < len(tokens) and tokens[at] == ":":
            at += 1
        value, at = _value(tokens, at)
        found.setdefault(name, []).extend(value if isinstance(value, list) else [value])
        while at < len(tokens) and tokens[at] in ",;":
            at += 1
    if end and at == len(tokens):
        raise ValueError(f'Expected "{end}"')
    return found, at


def _value(tokens: list[str], at: int) -> tuple[Any, int]:
    if at == len(tokens):
        raise ValueError("Expected a value")
    word = tokens[at]
    if word in "{<":
        end = "}" if word == "{" else ">"
        message, at = _message(tokens, at + 1, end)
        return message, at + 1
    if word == "[":
        values, at = [], at + 1
        while at < len(tokens) and tokens[at] != "]":
            value, at = _value(tokens, at)
            values.append(value)
            at += at < len(tokens) and tokens[at] == ","
        return values, at + 1
    if word in "}>]:,;":
        raise ValueError(f"Expected a value, got: {word}")
    if word[0] == '"':
        return re.sub(r"\\(.)", r"\1", word[1:-1]), at + 1
    return (int(word) if re.fullmatch(r"-?\d+", word) else word), at + 1
