"""Keys of daemon.json that have two spellings: whatever is merged, one of them is there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jetfleet.resources import Daemon, RunOptions
from jetfleet.resources.daemon import DaemonState
from jetfleet.resources.daemon.merge import merge


def nvidia(**keys: Any) -> dict[str, Any]:
    return {"runtimes": {"nvidia": {"path": "nvidia-container-runtime", **keys}}}


@pytest.mark.parametrize(
    ("have", "want", "merged"),
    [
        (nvidia(runtimeArgs=[]), nvidia(args=[]), nvidia(runtimeArgs=[])),
        (nvidia(args=[]), nvidia(runtimeArgs=[]), nvidia(args=[])),
        (nvidia(), nvidia(args=[]), nvidia(args=[])),
        (nvidia(runtimeArgs=["--debug"]), nvidia(args=[]), nvidia(runtimeArgs=[])),
        (nvidia(args=[]), nvidia(runtimeArgs=["--debug"]), nvidia(runtimeArgs=["--debug"])),
        (nvidia(args=[]), nvidia(args=["--debug"]), nvidia(runtimeArgs=["--debug"])),
        (nvidia(args=[], runtimeArgs=[]), nvidia(args=[]), nvidia(args=[])),
        ({"graph": "/old"}, {"data-root": "/new"}, {"data-root": "/new"}),
        ({"data-root": "/old"}, {"data-root": "/new"}, {"data-root": "/new"}),
        (
            {"bip": "10.9.0.1/24"},
            {"data-root": "/new"},
            {"bip": "10.9.0.1/24", "data-root": "/new"},
        ),
        # Only the arguments of a runtime have two spellings.
        (
            {"log-opts": {"runtimeArgs": "1"}},
            {"log-opts": {"args": "2"}},
            {"log-opts": {"runtimeArgs": "1", "args": "2"}},
        ),
    ],
)
def test_merge(have: dict[str, Any], want: dict[str, Any], merged: dict[str, Any]) -> None:
    assert merge(have, want) == merged


@pytest.mark.parametrize(
    ("have", "want", "named"),
    [
        (nvidia(runtimeArgs=[]), nvidia(args=[]), []),
        (nvidia(args=["--debug"]), nvidia(runtimeArgs=["--debug"]), []),
        (nvidia(runtimeArgs=["--debug"]), nvidia(args=[]), ["runtimes.nvidia.args"]),
        (nvidia(args=[]), nvidia(runtimeArgs=["-v"]), ["runtimes.nvidia.runtimeArgs"]),
        ({"graph": "/data"}, {"data-root": "/data"}, []),
        ({"registry-mirrors": ["https://m/"]}, {"registry-mirrors": ["https://m"]}, []),
        ({"registry-mirrors": []}, {"registry-mirrors": ["https://m"]}, ["registry-mirrors"]),
        ({"log-opts": {"max-size": "10M"}}, {"log-opts": {"max-size": "10mb"}}, []),
        (
            {"log-opts": {"max-size": "10m"}},
            {"log-opts": {"max-size": "10k"}},
            ["log-opts.max-size"],
        ),
        ({"default-shm-size": "1G"}, {"default-shm-size": "1gib"}, []),
        ({"dns": ["192.0.2.1/"]}, {"dns": ["192.0.2.1"]}, ["dns"]),
        ({"graph": "/old"}, {"data-root": "/data"}, ["data-root"]),
    ],
)
def test_a_key_is_compared_in_either_spelling(
    have: dict[str, Any], want: dict[str, Any], named: list[str]
) -> None:
    daemon = Daemon(settings=json.dumps(want), drop_in="abc")
    state = DaemonState(
        engine="26.1.5",
        raw_table=True,
        config=json.dumps(have),
        started_with=json.dumps(have),
        drop_in="abc",
        active=True,
        enabled=True,
        stale_unit=False,
    )
    changes = [change.attribute for change in daemon.compare(state, RunOptions())]
    assert changes == [*named, *(["running"] if named else [])]
    merged = replaced(state, merge(have, want))
    assert not daemon.compare(merged, RunOptions()), "what is written is what is wanted"


def replaced(state: DaemonState, config: dict[str, Any]) -> DaemonState:
    text = json.dumps(config)
    return DaemonState(**{**vars(state), "config": text, "started_with": text})
