"""The keys that the stand-in hubs of a fleet accept."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from twins.standins import files

if TYPE_CHECKING:
    from pathlib import Path


def api_key(fleet_dir: Path) -> str:
    """Return the fleet's `nvapi-…` key, made once, kept in a 0600 file."""
    return _kept(fleet_dir / "keys/ngc", "nvapi-")


def legacy_key(fleet_dir: Path) -> str:
    """Return the fleet's key of the older kind, which is exchanged for a token."""
    return _kept(fleet_dir / "keys/ngc-legacy", "")


def hf_token(fleet_dir: Path) -> str:
    """Return the fleet's `hf_…` token, whose account has accepted the licences."""
    return _kept(fleet_dir / "keys/hf", "hf_")


def hf_stranger(fleet_dir: Path) -> str:
    """Return an `hf_…` token whose account has accepted no licence."""
    return _kept(fleet_dir / "keys/hf-stranger", "hf_")


def modelscope_token(fleet_dir: Path) -> str:
    """Return the fleet's `ms-…` token."""
    return _kept(fleet_dir / "keys/modelscope", "ms-")


def secrets_of(fleet_dir: Path) -> dict[str, str]:
    """Return the fleet's keys by the environment variables that real keys are in."""
    return {
        "NGC_API_KEY": api_key(fleet_dir),
        "HF_TOKEN": hf_token(fleet_dir),
        "MODELSCOPE_API_TOKEN": modelscope_token(fleet_dir),
    }


def _kept(path: Path, prefix: str) -> str:
    with files.locked(path.parent / "lock"):
        if not path.is_file():
            files.write(path, f"{prefix}{secrets.token_urlsafe(48)}\n".encode(), 0o600)
    return path.read_text().strip()
