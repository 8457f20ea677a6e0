"""The limit that a board's memory sets: a figure beyond it cannot be true.

For each token a server reads all weights that the token uses, once for all requests that it answers
at the same time. So the weights, divided by the time for a token, are the least that it reads in
that time, and no server reads faster than the memory allows.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jetfleet.bench.spread import middle
from jetfleet.catalog.modules import modules

if TYPE_CHECKING:
    from jetfleet.bench.result import Measured, ModelAs, Run

_PARTLY_READ = re.compile(
    r"moe|mixtral|deepseek|gpt-?oss|llama-?4|dbrx|jamba|grok|kimi|minimax|ernie|hunyuan|arctic|"
    r"glm-?4\.[5-9]|gemma-?3n|matformer|(^|[-:_])e\d+b|\d+x\d+b|-a\d+(\.\d+)?b",
    re.IGNORECASE,
)
"""Names of models of which a token reads some weights only: with experts, or nested ones."""

_PICTURES = re.compile(
    r"vl|vision|llava|mllama|pixtral|gemma-?3|mistral-?3|minicpm|ForConditionalGeneration",
    re.IGNORECASE,
)
"""Architectures with an encoder for pictures, which a token of text does not read."""

_TEXT_SHARE = 0.5
"""Least share of the weights that is not such an encoder; of the smallest models a third is."""

_CHANGED = re.compile(
    r"^(quantization|load-format|torchao-config|hf-overrides|json-model-override-args|"
    r"override-kv|spec|draft|md$|model-draft|qlora)"
)
"""Options that load other weights than the files hold, or read them for more than one token."""

_GB = 1e9


def needed(run: Run, measured: Measured) -> float | None:
    """Return the bandwidth that a figure needs at least, in bytes a second; None: not known."""
    seconds = middle(measured, "mean_tpot_ms") / 1000
    if not run.model.weights or not seconds or _reads_less(run):
        return None
    return _read_for_a_token(run.model) / seconds


def bandwidth(run: Run) -> float | None:
    """Return the peak bandwidth of the board's memory, in bytes a second; None: not known."""
    its = modules().get(run.board.module)
    return its.memory_gbps * _GB if its else None


def impossible(run: Run, measured: Measured) -> str:
    """Return a sentence if a figure is beyond what the memory allows; empty if it is not."""
    least, most = needed(run, measured), bandwidth(run)
    if least is None or most is None or least <= most:
        return ""
    return (
        f"impossible: a token in {middle(measured, 'mean_tpot_ms'):.2f} ms reads weights at "
        f"{least / _GB:.0f} GB/s or more, and the memory of {run.board.module} has "
        f"{most / _GB:g} GB/s: check the answers of the model"
    )


def _read_for_a_token(model: ModelAs) -> float:
    read = max(0, model.weights - model.embedding)
    return read * (_TEXT_SHARE if any(map(_PICTURES.search, model.architecture)) else 1)


def _reads_less(run: Run) -> bool:
    """Tell whether a token may read less than the files of the model hold.

    Without its architecture a model may have experts, or a large input embedding.
    """
    names = (run.model.name, *run.model.architecture)
    return (
        not run.model.architecture
        or any(map(_PARTLY_READ.search, names))
        or any(map(_CHANGED.search, run.flags))
    )
