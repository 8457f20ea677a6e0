"""Carrying out a plan: what an apply does, shows meanwhile, and tells in the end."""
