"""Programs of Ollama that run on a board."""
