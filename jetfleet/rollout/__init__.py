"""Rollouts: a change reaches a fleet in waves."""
