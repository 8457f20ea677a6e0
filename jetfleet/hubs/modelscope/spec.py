"""A model of ModelScope in a spec."""

from __future__ import annotations

from jetfleet.spec.source_form import CHOICE, REPOSITORY, WORD, SourceForm

BRANCH = "master"
"""The revision of a source that names none."""

FORM = SourceForm(
    hub="modelscope",
    written="modelscope:ORG/NAME[@REVISION]",
    pattern=rf"{REPOSITORY}(@(?P<revision>{WORD}))?",
    layout="folder",
    keys=CHOICE | {"api_key"},
    key_variable="MODELSCOPE_API_TOKEN",
    endpoint_variable="MODELSCOPE_ENDPOINT",
)
