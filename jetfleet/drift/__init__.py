"""Drift: hashes that show whether a board or its spec has changed since the last apply."""
