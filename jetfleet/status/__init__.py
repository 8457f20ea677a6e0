"""What every board of a fleet is doing now, and where it differs from the spec."""
