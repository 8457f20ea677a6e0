"""A model of Hugging Face in a spec."""

from __future__ import annotations

from jetfleet.spec.source_form import CHOICE, REPOSITORY, WORD, SourceForm

FORM = SourceForm(
    hub="hf",
    written="hf:ORG/NAME[@REVISION]",
    pattern=rf"{REPOSITORY}(@(?P<revision>{WORD}(/{WORD})*))?",
    layout="folder",
    keys=CHOICE | {"api_key"},
    key_variable="HF_TOKEN",
    endpoint_variable="HF_ENDPOINT",
    # Large files; small ones are named by their hash in git.
    # https://huggingface.co/docs/huggingface_hub/guides/manage-cache
    caches=(
        "/root/.cache/huggingface/hub/models--*/blobs",
        "/home/*/.cache/huggingface/hub/models--*/blobs",
        "/var/lib/docker/volumes/*/_data/hub/models--*/blobs",
    ),
)
