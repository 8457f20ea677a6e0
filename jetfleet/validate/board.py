"""Checks of what a board is: its module, its release and its power mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.catalog.l4t import release, releases_of_jetpack
from jetfleet.catalog.modules import modules, super_of
from jetfleet.catalog.power import is_mode, other_highest, power_conf
from jetfleet.spec.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jetfleet.catalog.modules import Module
    from jetfleet.runtimes.subject import HostInSpec, Subject
    from jetfleet.spec.problem import Problem


def check_module(of: HostInSpec) -> Iterator[Problem]:
    """Yield a problem if the catalog does not have the module."""
    known = modules()
    if of.host.module not in known:
        yield of.problem(
            ("module",),
            f'the unknown module "{of.host.module}"',
            f"one of {', '.join(known)}",
            did_you_mean(of.host.module, known),
        )


def check_release(of: HostInSpec, module: Module) -> Iterator[Problem]:
    """Yield a problem if JetPack and L4T are not a release that the module had.

    An unknown L4T revision is a warning: releases appear faster than the catalog follows.
    """
    host = of.host
    jetpacks = list(dict.fromkeys(one.jetpack for one in module.releases()))
    of_jetpack = releases_of_jetpack(host.jetpack)
    never = f"one that {module.title} had: {', '.join(jetpacks)}"
    exists = bool(set(of_jetpack) & set(module.releases()))
    if host.l4t is None:
        if not exists:
            found = f'JetPack "{host.jetpack}"'
            yield of.problem(("jetpack",), found, never, "write the one it runs")
        return
    nearest = release(host.l4t)
    if nearest.warning:
        remedy = f"checked as L4T {nearest.value.l4t}; see /etc/nv_tegra_release on the board"
        found, expected = f'the unknown L4T "{host.l4t}"', "a release of the catalog"
        yield of.problem(("l4t",), found, expected, remedy, warning=True)
    if nearest.value not in module.releases():
        found = f'JetPack "{host.jetpack}" with L4T "{host.l4t}"'
        if not exists:
            yield of.problem(("jetpack",), found, never, "write the one it runs")
            return
        versions = ", ".join(one.l4t for one in module.releases())
        expected = f"an L4T that {module.title} had: {versions}"
        yield of.problem(("l4t",), found, expected, "write the one it runs")
    elif nearest.warning is None and nearest.value not in of_jetpack:
        found = f'L4T "{host.l4t}" with JetPack "{host.jetpack}"'
        expected = f'JetPack "{nearest.value.jetpack}" with this L4T'
        remedy = "take jetpack or l4t from the board: /etc/nv_tegra_release shows its L4T"
        yield of.problem(("l4t",), found, expected, remedy)


def check_power(subject: Subject) -> Iterator[Problem]:
    """Yield a problem if the catalog has no power mode of that name for the module.

    A mode of other modules or releases is refused. One that no module has may be the user's own,
    added to the board's nvpmodel.conf, and an unverified fact refuses nothing: these are warnings.
    The plan asks the board for its modes before anything is changed.
    """
    power = subject.host.power
    if power is None or power.mode is None:
        return
    conf = power_conf(subject.module, subject.l4t)
    path, found = ("power", "mode"), f'the power mode "{power.mode}"'
    if conf is None:
        expected = f"a module whose modes the catalog knows, which {subject.module.name} is not"
        remedy = "compare it with `nvpmodel -p --verbose` on the board"
        yield subject.problem(path, found, expected, remedy, warning=True, rule="power-mode")
    elif conf.mode(power.mode) is None:
        names = [mode.name for mode in conf.modes]
        expected = f"one that {subject.release} has: {', '.join(names)}"
        remedy = _other_mode(power.mode, names, subject.module)
        known = is_mode(power.mode) or power.mode.isdecimal()
        doubtful = not known or "modes" in conf.unverified
        if doubtful:
            remedy += " (ignore this if the board's /etc/nvpmodel.conf has the mode)"
        yield subject.problem(path, found, expected, remedy, warning=doubtful, rule="power-mode")


def _other_mode(name: str, names: Sequence[str], module: Module) -> str:
    """Return what to write in place of a mode that the module does not have."""
    other = other_highest(name, names)
    write = f"write `power: {{mode: {other}}}`" if other else ""
    if "SUPER" not in name.upper():
        return write or did_you_mean(name, names)
    flashed = None if module.super else super_of(module)
    if flashed is None:
        return write or did_you_mean(name, names)
    also = (
        f"`module: {flashed.name}` if the board has its Super device tree, of JetPack 6.2 or newer"
    )
    return f"{write}, or {also}" if write else f"write {also}"
