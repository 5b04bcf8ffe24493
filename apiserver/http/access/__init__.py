"""Access to the calls: who calls, and whether that caller may."""
