"""A host that opens no connection: it is served from a bundle."""

# ruff: noqa: TC001 - pydantic reads the annotations at run time
from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from jetfleet.spec.frozen import SpecModel
from jetfleet.spec.invalid import invalid
from jetfleet.spec.text import LocalPath


class Offline(SpecModel):
    """From where a host gets what the lock has, without a network of its own."""

    bundle: LocalPath = Field(
        description="the folder that `jetfleet bundle` wrote; a relative path begins at the spec"
    )
    on: Literal["workstation", "board"] = Field(
        default="workstation",
        description="where the folder is: workstation, which sends the files over SSH, or board, "
        "as on a USB disk",
    )

    @model_validator(mode="after")
    def _whole_on_a_board(self) -> Offline:
        parts = self.bundle.split("/")
        if self.on == "board" and (parts[0] or {"", ".", ".."} & set(parts[1:])):
            remedy = "write the whole path of the folder on the board"
            raise invalid("an absolute path, such as /mnt/usb/bundle", remedy)
        return self
