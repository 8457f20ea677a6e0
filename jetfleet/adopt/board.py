"""Module, release, power mode and clocks of a board."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jetfleet.adopt.board_facts import BoardFacts
from jetfleet.catalog.identity import modules_of
from jetfleet.catalog.l4t import release
from jetfleet.errors import FleetError
from jetfleet.resources import Board, PowerMode, Unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jetfleet.catalog.modules import Module
    from jetfleet.resources.board import BoardState


def describe_board(texts: Mapping[str, str]) -> BoardFacts:
    """Return module, release and power mode; raise `FleetError` for an unknown board."""
    board = Board(l4t="", soc="")
    state = Board.read(texts.get("board", ""), [board])[board.key]
    if not state.l4t:
        raise FleetError(
            "no L4T on this host (/etc/nv_tegra_release is missing): write the address of a Jetson"
        )
    module = _module(state, texts.get("about", ""))
    known = release(state.l4t)
    found = BoardFacts({"module": module.name, "jetpack": known.value.jetpack, "l4t": state.l4t})
    if known.warning:
        found.seen.append(f"{known.warning}: correct `jetpack` if you know it")
    _power(texts.get("power", ""), found)
    if "clocks" in texts and not texts["clocks"].strip():
        found.seen.append(
            "the clocks are locked until the next boot: write `power: {clocks: locked}` to lock "
            "them at each boot"
        )
    return found


def _module(state: BoardState, about: str) -> Module:
    memory = re.search(r"^memory ([0-9]{1,12})$", about, re.MULTILINE)
    kib = int(memory[1]) if state.memory_kib is None and memory else state.memory_kib
    found = modules_of(state.compatible, kib)
    if len(found) == 1:
        return found[0]
    names = " ".join(state.compatible) or "none"
    if found:
        raise FleetError(
            f"the device tree ({names}) is that of several modules: write a spec by hand with one "
            f"of {', '.join(module.name for module in found)}"
        )
    raise FleetError(
        f"the catalog does not know this module (its device tree says {names}): write a spec by "
        "hand with the most similar module, and waive the rule board-module"
    )


def _power(text: str, found: BoardFacts) -> None:
    want = PowerMode("any")
    try:
        state = PowerMode.read(text, [want])[want.key]
    except Unreadable as error:
        found.seen.append(f"{error}: `power.mode` is left out")
        return
    if state.current is None:
        found.seen.append("no power mode is set on the board: write the one that you want")
        return
    if state.saved not in {None, state.current}:
        saved = state.name(state.saved or 0)
        found.seen.append(
            f"the power mode is {state.mode}, and {saved} after the next boot: write one of them "
            "as `power.mode`"
        )
        return
    found.keys["power"] = {"mode": state.mode}
