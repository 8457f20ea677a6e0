"""The base of all errors that users see."""

from __future__ import annotations


class FleetError(Exception):
    """An error for the user: what is wrong, where, and what to do.

    The message is one or more whole sentences with the remedy; the command line prints it without a
    traceback.
    """
