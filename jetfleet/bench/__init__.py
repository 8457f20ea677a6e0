"""Benchmarks of a board's model server, and runs laid side by side."""
