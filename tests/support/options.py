"""The option tables of the runtimes, for tests."""

from __future__ import annotations

from jetfleet.catalog.option_table import OptionTable
from jetfleet.runtimes.registry import runtimes

VLLM = runtimes()["vllm"].tables
exists_in = VLLM.exists_in


def options(version: str) -> OptionTable:
    """The options of a version of vLLM."""
    table = VLLM.of(version)
    assert table is not None
    return table


def option_table(runtime: str) -> OptionTable:
    """The table of a runtime that has one for all versions."""
    table = runtimes()[runtime].tables.of(None)
    assert table is not None
    return table
