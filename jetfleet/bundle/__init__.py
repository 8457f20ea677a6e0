"""A bundle: all that a fleet needs from its lock, in one folder, each file by its hash."""
