"""Every program that lands on a host of the example can be read by its interpreter."""

from __future__ import annotations

import subprocess

import pytest

from tests.support.rendered import HOSTS, lab_rendered


@pytest.mark.parametrize("host", HOSTS)
def test_shell_programs_parse(host: str) -> None:
    for path, text in lab_rendered()[host].files.items():
        if text.startswith("#!/bin/sh"):
            subprocess.run(["sh", "-n"], input=text, text=True, check=True)
        if text.startswith("#!/usr/bin/env python3"):
            compile(text, path, "exec")
