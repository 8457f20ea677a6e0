"""Any container with an HTTP server: for images that are run with a command from the spec."""
