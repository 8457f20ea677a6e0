"""No output of a process that has read a secret shows it, from whatever code it comes."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import logging, sys, click
early = logging.StreamHandler(sys.stderr)
logging.getLogger("other").addHandler(early)
from jetfleet.redaction import hide, redact_output
redact_output(); redact_output()
hide("tiger-lily-7")
click.echo("out tiger-lily-7")
click.echo("err tiger-lily-7", err=True)
click.secho("colour tiger-lily-7", fg="red", err=True)
sys.stdout.writelines(["lines tiger-lily-7\\n"])
logging.getLogger("other").error("log %s %r", "tiger-lily-7", {"k": "tiger-lily-7"})
raise ValueError("thrown tiger-lily-7")
"""


def test_nothing_that_a_process_prints_has_the_secret() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert done.stdout == "out ***\nlines ***\n"
    for line in ("err ***", "colour ***", "log *** {'k': '***'}", "ValueError: thrown ***"):
        assert line in done.stderr
    assert "tiger-lily-7" not in said.replace('raise ValueError("thrown tiger-lily-7")', "")
