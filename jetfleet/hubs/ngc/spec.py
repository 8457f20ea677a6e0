"""A model of NGC in a spec."""

from __future__ import annotations

from jetfleet.spec.source_form import CHOICE, WORD, SourceForm

FORM = SourceForm(
    hub="ngc",
    written="ngc:ORG/[TEAM/]NAME:VERSION",
    pattern=(
        rf"(?P<org>{WORD})/((?P<team>{WORD})/)?(?P<name>{WORD}):(?P<version>{WORD}(\+{WORD})?)"
    ),
    layout="folder",
    keys=CHOICE | {"api_key"},
    key_variable="NGC_API_KEY",
    needs_key=True,
)
