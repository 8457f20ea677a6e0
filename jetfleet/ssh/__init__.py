"""SSH to a board beneath pyinfra and beside it: host keys, jumps, and logins.

Only `adopt` and `trust` connect by themselves; all other commands go through pyinfra.
"""

from __future__ import annotations

from jetfleet.ssh.connection import connection, fingerprint, host_key, known_line

__all__ = ["connection", "fingerprint", "host_key", "known_line"]
