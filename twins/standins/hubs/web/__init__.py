"""A stand-in for a plain web server."""
