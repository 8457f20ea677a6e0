"""A fleet: a spec with its lock, the deploy with its roles, and what those want on each host."""
