"""The one family of errors that people see."""

from __future__ import annotations


class FleetError(Exception):
    """An error for a person: what was found, where, and what to do about it.

    The message is a whole sentence (or several lines of them) with the remedy; the command line
    prints it as it is, without a traceback.
    """
