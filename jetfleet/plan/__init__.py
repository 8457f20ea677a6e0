"""The plan as a thing of its own: read from a run, shown to people and to programs."""
