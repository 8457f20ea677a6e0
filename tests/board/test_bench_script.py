"""The script that runs a benchmark on a board, run by the real shell."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

from jetfleet.bench import steps
from tests.support.bench_runs import LOW, QWEN


def test_the_key_of_a_server_is_in_no_argument(tmp_path: Path) -> None:
    """The script runs here with a `docker` that is a shell in the container's environment."""
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    (bin_ / "docker").write_text(
        '#!/bin/sh\nshift 2\necho "docker: $*" >&2\nVLLM_API_KEY=s3cret exec "$@"\n'
    )
    (bin_ / "vllm").write_text('#!/bin/sh\necho "vllm: $* key=$OPENAI_API_KEY" >&2\n')
    for harmless in ("cat", "rm"):
        (bin_ / harmless).write_text("#!/bin/sh\nexit 0\n")
    for program in bin_.iterdir():
        program.chmod(0o755)
    script = steps._script(QWEN, [LOW]).replace("/run/jetfleet", str(tmp_path))
    done = subprocess.run(
        ["sh", "-c", script], env={"PATH": f"{bin_}:/usr/bin:/bin"}, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    vllm = next(line for line in done.stderr.splitlines() if line.startswith("vllm: "))
    assert vllm.endswith("key=s3cret")
    assert "s3cret" not in next(line for line in done.stderr.splitlines() if "docker: " in line)
    assert shlex.split(vllm.removeprefix("vllm: "))[:-1] == QWEN.command(LOW)[1:]
