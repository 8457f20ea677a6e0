"""What every board of a fleet is doing right now, and whether it is as the spec says."""
