"""Reading a board that somebody set up by hand, and writing a spec that describes it as it is."""
