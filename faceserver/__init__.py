"""The command line and the standalone stack."""
