"""Measurements of the running services, through their HTTP interfaces."""
