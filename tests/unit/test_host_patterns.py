"""The patterns of known_hosts that mean a host."""

from __future__ import annotations

import base64
import time

import pytest

from jetfleet.hostkeys.known_hosts import HostName, KnownHosts, is_name


def test_a_pattern_of_hosts_with_many_wildcards_takes_no_time() -> None:
    host = HostName("a" * 200)
    key = base64.b64encode(b"\0\0\0\x0bssh-ed25519" + b"\0\0\0\x20" + b"k" * 32).decode()
    line = f"{'*a' * 60}b ssh-ed25519 {key}\n"
    begun = time.monotonic()
    assert KnownHosts.read(line).keys(host) == []
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("*", "nano"), ("*.lab", "nano.lab"), ("n?no", "nano"), ("na*", "nano"), ("NANO", "nano"),
        ("*n*o", "nano"), ("nano*", "nano"), ("n**o", "nano"),
    ],
)  # fmt: skip
def test_a_pattern_of_hosts(pattern: str, name: str) -> None:
    assert is_name(pattern, name)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [("*.lab", "lab"), ("n?no", "nno"), ("nan", "nano"), ("[n]ano", "nano"), ("", "nano")],
)
def test_another_pattern_of_hosts(pattern: str, name: str) -> None:
    assert not is_name(pattern, name)
