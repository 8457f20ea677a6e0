"""Only removal: with `--data prune=yes`, models that nothing refers to; see `jetfleet prune`."""

from jetfleet.converge import prune

prune()
