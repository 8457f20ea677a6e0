"""Live VLM WebUI 0.4.0 without cameras: its options, its search for a model, its pages."""
