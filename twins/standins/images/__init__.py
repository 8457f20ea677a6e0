"""Tiny images that are real: built here, byte for byte the same each time, and pushed over HTTP."""
