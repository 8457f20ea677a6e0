"""The files of a board, read back as the product reads them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jetfleet.catalog.l4t import parse_nv_tegra_release
from jetfleet.spec.load import load
from twins import l4tfiles
from twins.board import TwinBoard, board_of
from twins.boot_control import nv_boot_control

LAB = load(Path(__file__).parents[2] / "inventory/lab.yaml")
BOARDS = tuple(board_of(host) for host in LAB.hosts)
each_board = pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)


@each_board
def test_the_release_file_names_the_release(board: TwinBoard) -> None:
    assert parse_nv_tegra_release(l4tfiles.nv_tegra_release(board)) == board.l4t


@each_board
def test_what_was_flashed_names_the_super_modes(board: TwinBoard) -> None:
    text = nv_boot_control(board)
    assert re.match(r"TNSPEC \d{4}-300-\d{4}-S.1-1-1-jetson-[a-z-]+-\n", text)
    assert ("-devkit-super-\n" in text) == board.dt_compatible[0].endswith("-super")


@each_board
def test_the_conf_has_every_mode_and_the_default(board: TwinBoard) -> None:
    conf = l4tfiles.nvpmodel_conf(board)
    modes = re.findall(r"<\s*POWER_MODEL\s+ID=(\d+)\s+NAME=(\S+)\s*>", conf)
    assert modes == [(str(mode.id), mode.name) for mode in board.modes]
    assert re.findall(r"<\s*PM_CONFIG\s+DEFAULT=(\d+)\s*>", conf) == [str(board.default_mode)]


@each_board
def test_modes_share_a_gpu_mask_exactly_when_no_reboot_lies_between(board: TwinBoard) -> None:
    masks = re.findall(r"GPU_PG_MASK (\d+)", l4tfiles.nvpmodel_conf(board))
    by_mode = dict(zip(board.modes, masks, strict=True))
    for one in board.modes:
        for other in board.modes:
            assert (by_mode[one] == by_mode[other]) == (one.boot == other.boot)


@each_board
def test_every_file_of_the_conf_is_in_the_boards_sysfs(board: TwinBoard) -> None:
    paths = re.findall(r"^\w+ (/sys/\S+)$", l4tfiles.nvpmodel_conf(board), re.MULTILINE)
    assert paths
    assert {path.removeprefix("/sys/") for path in paths} <= set(l4tfiles.sysfs(board))


@each_board
def test_more_watts_never_mean_a_lower_clock(board: TwinBoard) -> None:
    sections = l4tfiles.nvpmodel_conf(board).split("< POWER_MODEL ")[1:]
    caps = {}
    for section in sections:
        watts = re.search(r"NAME=\D*(\d+)W", section)
        cap = re.search(r"^GPU MAX_FREQ (-?\d+)$", section, re.MULTILINE)
        assert cap
        caps[int(watts[1]) if watts else 1000] = int(cap[1]) if cap[1] != "-1" else 10**12
    assert [caps[watts] for watts in sorted(caps)] == sorted(caps.values())


@each_board
def test_memory_is_the_boards(board: TwinBoard) -> None:
    rows = dict(re.findall(r"^(\w+): +(\d+) kB$", l4tfiles.meminfo(board), re.MULTILINE))
    assert int(rows["MemTotal"]) == board.memtotal_kib
    assert 0.8 < int(rows["MemAvailable"]) / int(rows["MemTotal"]) < 0.98
