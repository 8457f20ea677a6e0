"""Every file that would land on every host of the example spec, byte for byte.

`make snapshots` rewrites them; the diff in git is the review.
"""

from __future__ import annotations

import shutil
import subprocess

import pytest

from jetfleet.resources import Daemon, File
from tests.rendered import HOSTS, ROOT, lab

SNAPSHOTS = ROOT / "tests/snapshots"


def files(host: str) -> dict[str, str]:
    """All files of a host by path; daemon.json as it is on a board that had none."""
    found = {}
    for resource in lab().resources(host).values():
        if isinstance(resource, File):
            found[resource.path] = "***\n" if resource.secret else resource.content
        if isinstance(resource, Daemon):
            found["/etc/docker/daemon.json"] = resource.settings + "\n"
    return found


@pytest.mark.parametrize("host", HOSTS)
def test_snapshot(host: str, request: pytest.FixtureRequest) -> None:
    folder = SNAPSHOTS / host
    now = files(host)
    if request.config.getoption("--rewrite-snapshots"):
        shutil.rmtree(folder, ignore_errors=True)
        for path, text in now.items():
            target = folder / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    kept = {
        f"/{path.relative_to(folder)}": path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert kept == now


@pytest.mark.parametrize("host", HOSTS)
def test_shell_programs_parse(host: str) -> None:
    for path, text in files(host).items():
        if text.startswith("#!/bin/sh"):
            subprocess.run(["sh", "-n"], input=text, text=True, check=True)
        if text.startswith("#!/usr/bin/env python3"):
            compile(text, path, "exec")
