"""Read the state of each board and its differences from the spec; see `jetfleet status`."""

from jetfleet.converge import status

status()
