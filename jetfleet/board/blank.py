"""Checks right before a disk is partitioned that nothing is on it: the survey may be minutes old.

An empty partition table holds nothing, and neither does a partition of ours that is not finished.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from jetfleet.board.gpt import UnreadableError, tables

TABLE = {"gpt", "PMBR"}
"""The types by which wipefs names the parts of a GPT."""

START = 1 << 20
"""Where partitioning programs put the first partition, in bytes."""


def found(device: str, unfinished: str) -> str:
    """Return what is on a disk; empty if it is blank.

    Parameters
    ----------
    unfinished:
        GPT name of a partition that was not finished, and may be there.

    """
    types = _output("wipefs", "-n", "-O", "TYPE", "--noheadings", device).split()
    others = sorted(set(types) - TABLE)
    if others:
        return ", ".join(others)
    with open(device, "rb") as disk:
        try:
            copies = tables(disk)
        except UnreadableError as error:
            return str(error)
    names = {name for copy in copies for name in copy}
    foreign = sorted(names - {unfinished})
    if foreign:
        return "a GPT with the partition " + ", ".join(name or "without a name" for name in foreign)
    if names or not (types or copies):
        return ""
    # Where a partition was removed, or lost, its filesystem may be there still.
    old = _output("blkid", "-p", "-O", str(START), "-s", "TYPE", "-o", "value", device, none=2)
    return f"a GPT without partitions, but {old} where the first one begins" if old else ""


def _output(*command: str, none: int = 0) -> str:
    """Return what a program printed, on one line; `none` is its status if it found nothing."""
    done = subprocess.run(
        command, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )
    if done.returncode not in {0, none}:
        sys.exit(f"{command[0]} cannot read {command[-1]}: nothing was written")
    return " ".join(done.stdout.split())


def main(job: dict[str, Any]) -> None:
    """Exit with a sentence if `device` is not blank, except for a partition named `unfinished`."""
    said = found(job["device"], job["unfinished"])
    if said:
        sys.exit(
            f"{job['device']} is no longer blank ({said}): nothing was written; if nothing on it "
            f"is needed, empty it with `wipefs -a {job['device']}`, and run again"
        )
