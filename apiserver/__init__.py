"""The public gateway: enrol and recognize faces over HTTP."""
