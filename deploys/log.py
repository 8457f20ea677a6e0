"""Read the audit log of each board into the run folder; see `jetfleet log`."""

from jetfleet.converge import log

log()
