"""Values as a person reads them, the same in every output."""

from __future__ import annotations


def format_bytes(size: int) -> str:
    """Return bytes as a person reads them."""
    if 0 < size < 2**20:
        return f"{-(-size // 2**10)} KiB"
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.0f} MiB"
