"""The inference service: an image in, faces with embeddings out."""
