"""Read the lease of each board, or with `--data steal=TOKEN` take it: see `jetfleet lease`."""

from jetfleet.converge import lease

lease()
