"""`deploys/verify.py`: each model is asked for an answer, and its speed is printed and kept."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

from tests.support.lab import Lab, errors

HOST = "orin"
VERIFY = "deploys/verify.py"


def test_it_tells_how_fast_a_model_answers(board: Callable[[str], Lab], tmp_path: Path) -> None:
    lab = board(HOST)
    ran = lab.apply(deploy=VERIFY, environ={"JETFLEET_RUN": str(tmp_path)})
    assert ran.status == 0, ran.log
    said = r"cosmos: \S+ says '.+' \(first token after \d+\.\d\d s, \d+\.\d tokens/s\)"
    assert re.search(rf"{said}; of a picture it says '.+' \(first token after", ran.log), ran.log
    rows = [json.loads(line) for line in (tmp_path / f"{HOST}.jsonl").read_text().splitlines()]
    [row] = [row for row in rows if row["event"] == "verified" and row["what"] == "cosmos"]
    [answer] = row["answers"]
    for one in (answer, answer["image"]):
        assert one["tokens"] > 0
        assert 0 < one["first_token_seconds"] <= one["seconds"]
        assert one["tokens_per_second"] > 0


def test_it_fails_where_nobody_answers(board: Callable[[str], Lab], tmp_path: Path) -> None:
    lab = board(HOST)
    lab.sh(HOST, "systemctl stop jetfleet-cosmos")
    try:
        ran = lab.apply(deploy=VERIFY, environ={"JETFLEET_RUN": str(tmp_path)})
        assert ran.status == 1
        assert "cosmos is not ready: http://127.0.0.1:8000 does not answer" in "".join(
            errors(ran, HOST)
        )
    finally:
        lab.sh(HOST, "systemctl start jetfleet-cosmos")
