"""`faceserver import`: folders and bundles of people."""
