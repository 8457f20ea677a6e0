"""What runs on a board to change it: steps, and the shell text that they are made of."""

from __future__ import annotations

from jetfleet.steps.error import Lost, NoAnswer, Refused, StepFailed
from jetfleet.steps.link import LinkResolver, Links
from jetfleet.steps.step import (
    Confirm,
    Progress,
    Reboot,
    Result,
    Run,
    Step,
    Steps,
    Upload,
    Watch,
    failure,
)

__all__ = [
    "Confirm",
    "LinkResolver",
    "Links",
    "Lost",
    "NoAnswer",
    "Progress",
    "Reboot",
    "Refused",
    "Result",
    "Run",
    "Step",
    "StepFailed",
    "Steps",
    "Upload",
    "Watch",
    "failure",
]
