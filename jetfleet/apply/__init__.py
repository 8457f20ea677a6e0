"""Apply a plan: execution, live display, summary."""
