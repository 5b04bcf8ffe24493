"""Import of folders and of other systems' people."""
