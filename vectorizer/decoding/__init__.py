"""What the formats of image files need in addition to a decoder."""
