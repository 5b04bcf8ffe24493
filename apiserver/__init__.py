"""The public gateway: learn and recognize faces over HTTP."""
