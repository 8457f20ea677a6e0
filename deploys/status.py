"""Only a look: what each board does, and what is not as the spec says; see `jetfleet status`."""

from jetfleet.converge import status

status()
