"""The one way a stack fails to start."""


class StartError(Exception):
    """The stack cannot start; the text is a whole sentence for the person at the keyboard."""
