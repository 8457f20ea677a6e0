"""Live VLM WebUI."""
