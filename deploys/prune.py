"""Remove models that nothing uses, with `--data prune=yes`; see `jetfleet prune`."""

from jetfleet.converge import prune

prune()
