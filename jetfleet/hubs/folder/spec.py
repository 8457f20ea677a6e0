"""A folder on the workstation in a spec."""

from __future__ import annotations

from jetfleet.spec.source_form import CHOICE, SourceForm

FORM = SourceForm(
    hub="file",
    written="file:FOLDER",
    pattern=r"(?P<folder>(~?/)?[A-Za-z0-9._+@][A-Za-z0-9._/+@-]*)",
    layout="folder",
    keys=CHOICE,
    has_address=False,
)
