"""A stand-in for releases on GitHub."""
