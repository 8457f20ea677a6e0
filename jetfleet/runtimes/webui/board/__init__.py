"""Programs of Live VLM WebUI that run on a board or in its container."""
