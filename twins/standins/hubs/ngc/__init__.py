"""A stand-in for NGC."""
