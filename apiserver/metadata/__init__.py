"""Takes what is not picture out of image files, without decoding them."""
