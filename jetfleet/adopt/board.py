"""Module, release, power mode and clocks of a board."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jetfleet.adopt.board_facts import BoardFacts
from jetfleet.catalog.l4t import release
from jetfleet.catalog.modules import Module, modules
from jetfleet.catalog.power import power_conf
from jetfleet.errors import FleetError
from jetfleet.resources import Board, PowerMode, Unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping

_PART = re.compile(r"(p\d{4}-\d{4})(-super)?$")


def describe_board(texts: Mapping[str, str]) -> BoardFacts:
    """Return module, release and power mode; raise `FleetError` for an unknown board."""
    board = Board(l4t="", soc="")
    state = Board.read(texts.get("board", ""), [board])[board.key]
    if not state.l4t:
        raise FleetError(
            "no L4T on this host (/etc/nv_tegra_release is missing): write the address of a Jetson"
        )
    module = _module(texts.get("board", ""))
    known = release(state.l4t)
    found = BoardFacts({"module": module.name, "jetpack": known.value.jetpack, "l4t": state.l4t})
    if known.warning:
        found.seen.append(f"{known.warning}: correct `jetpack` if you know it")
    _power(texts.get("power", ""), module, state.l4t, found)
    if "clocks" in texts and not texts["clocks"].strip():
        found.seen.append(
            "the clocks are locked until the next boot: write `power: {clocks: locked}` to lock "
            "them at each boot"
        )
    return found


def _module(text: str) -> Module:
    compatible = re.search(r"^compatible (.*)$", text, re.MULTILINE)
    names = compatible[1].split() if compatible else []
    for name in names:
        part = _PART.search(name)
        for module in modules().values():
            if part and (module.part, module.super) == (part[1], part[2] is not None):
                return module
    raise FleetError(
        f"the catalog does not know this module (its device tree says {' '.join(names) or 'none'}):"
        " write a spec by hand with the most similar module"
    )


def _power(text: str, module: Module, l4t: str, found: BoardFacts) -> None:
    want = PowerMode("any")
    try:
        state = PowerMode.read(text, [want])[want.key]
    except Unreadable as error:
        found.seen.append(f"{error}: `power.mode` is left out")
        return
    mode = state.modes.get(state.current, str(state.current))
    if state.saved not in {None, state.current}:
        saved = state.modes.get(state.saved or 0, str(state.saved))
        found.seen.append(
            f"the power mode is {mode}, and {saved} after the next boot: write one of them as "
            "`power.mode`"
        )
        return
    conf = power_conf(module, l4t)
    if conf is not None and conf.mode(mode) is None:
        found.seen.append(
            f"the power mode is {mode}, which is not in the catalog for {module.name}: "
            "`power.mode` is left out"
        )
        return
    found.keys["power"] = {"mode": mode}
