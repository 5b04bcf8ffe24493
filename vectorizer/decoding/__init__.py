"""What the formats of image files need besides a decoder."""
