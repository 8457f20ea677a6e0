"""The Metalink that aria2 reads: the files of a model with their hashes and links."""

from __future__ import annotations

from typing import TYPE_CHECKING, Mapping, Sequence

if TYPE_CHECKING:
    from jetfleet.board.model_folder import File


def metalink(files: Sequence[File], urls: Mapping[str, Sequence[str]]) -> str:
    """Return Metalink 4 (RFC 5854) of the files: size, sha256, and URLs in order."""
    # It brings clients for the web along, and each start of jetfleet imports this module.
    from xml.sax.saxutils import escape, quoteattr  # noqa: PLC0415

    entries = []
    for file in files:
        listed = "".join(
            f'<url priority="{place}">{escape(url)}</url>'
            for place, url in enumerate(urls.get(file.path, ()), start=1)
        )
        entries.append(
            f"<file name={quoteattr(file.path)}><size>{file.size}</size>"
            f'<hash type="sha-256">{file.sha256}</hash>{listed}</file>\n'
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<metalink xmlns="urn:ietf:params:xml:ns:metalink">\n{"".join(entries)}</metalink>\n'
    )
