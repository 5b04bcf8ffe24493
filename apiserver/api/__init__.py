"""The calls, a module for each thing in the URL."""
