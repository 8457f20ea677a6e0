"""NGC, NVIDIA's catalog."""
