"""A farm of boards that are not there: SSH servers that answer as converged boards do."""
