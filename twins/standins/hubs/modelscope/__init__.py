"""A stand-in for ModelScope."""
