"""Read a board that was set up by hand, and write a spec that describes it."""
