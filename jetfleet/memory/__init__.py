"""What services take of the memory that CPU and GPU share; pure arithmetic."""
