"""Detection, alignment, embedding and the sessions that run them."""
