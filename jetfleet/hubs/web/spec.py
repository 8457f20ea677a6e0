"""A file on the web in a spec."""

from __future__ import annotations

from jetfleet.spec.frozen import FrozenDict
from jetfleet.spec.source_form import WORD, SourceForm

FORM = SourceForm(
    hub="https",
    written="https://HOST/PATH/FILE",
    pattern=(rf"//(?P<host>{WORD}(:[0-9]+)?)/(?P<path>([A-Za-z0-9._~%+=@-]+/)*(?P<file>{WORD}))"),
    layout="file",
    keys=frozenset({"sha256"}),
    needed=FrozenDict(
        {
            "sha256": (
                "its sha256, because web servers list none",
                "add what sha256sum prints",
            )
        }
    ),
    has_address=False,
)
