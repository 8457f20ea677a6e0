"""Files on the web."""
