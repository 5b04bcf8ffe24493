"""Live video."""
