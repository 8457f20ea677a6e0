"""What a failure of a step advises: a pull that ended, and errors that any step may meet."""

from __future__ import annotations

import pytest

from jetfleet.steps.pull import Pull
from jetfleet.steps.remedy import remedy
from jetfleet.survey.section import sections_of
from jetfleet.transport.frame import FRAME

RUNS = "ActiveState=active\nResult=success\nExecMainStatus=0\n-- log\n"
GONE = "ActiveState=inactive\nResult=success\nExecMainStatus=0\n-- log\n"
KILLED = "ActiveState=failed\nResult=signal\nExecMainStatus=9\n-- log\n"
REFUSED = "ActiveState=failed\nResult=exit-code\nExecMainStatus=1\n-- log\nconnection refused\n"


def judged(out: str) -> tuple[bool, str]:
    progress = Pull("the-image", "unit").judge(out)
    return progress.done, progress.failed


def test_a_pull_is_done_when_the_image_is_there() -> None:
    assert judged(f"{GONE}pulled=yes\n") == (True, "")
    assert judged(f"{RUNS}moved=1\n") == (False, "")


@pytest.mark.parametrize("out", [GONE, KILLED], ids=["forgotten-at-a-reboot", "killed"])
def test_a_pull_that_was_ended_is_not_taken_for_one_that_went_well(out: str) -> None:
    done, failed = judged(out)
    assert not done
    assert failed == (
        "could not pull the-image: the pull was ended from outside, by a reboot or a kill: run "
        "again"
    )


def test_a_pull_that_failed_advises_what_to_check() -> None:
    _, failed = judged(REFUSED)
    assert (
        "connection refused: check that Docker runs and that the board reaches the registry, "
        in failed
    )


@pytest.mark.parametrize(
    ("failed", "advice"),
    [
        (
            "Failed to restart docker.service: Unit docker.service is masked.",
            "unmask it with `systemctl unmask docker.service`, and run again",
        ),
        (
            "Failed to enable unit: Unit file /etc/systemd/system/docker.service is masked.",
            "unmask it with `systemctl unmask docker.service`, and run again",
        ),
        (
            "Transaction for x.service/start is destructive (shutdown.target has 'start' job)",
            "the board shuts down or reboots: run again when it is up",
        ),
        (
            "Cannot connect to the Docker daemon at unix:///var/run/docker.sock.",
            "Docker ended or does not run: look at `journalctl -u docker`, and run again",
        ),
        ("anything else", ""),
    ],
)
def test_a_known_error_of_the_board_gets_its_remedy(failed: str, advice: str) -> None:
    assert remedy(failed) == advice


def test_no_character_of_a_damaged_file_begins_a_line_of_the_survey() -> None:
    ends = "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029\r"
    output = f"{FRAME} begin model\nmarker /m/.jetfleet a{'b'.join(ends)}c\n{FRAME} end model 0\n"
    section = sections_of(output)["model"]
    assert section.failed == ""
    assert len(section.text.splitlines()) == 1
