"""The ways a command fails; each text is a whole sentence for the person at the keyboard."""


class StartError(Exception):
    """The stack cannot start; the text is a whole sentence for the person at the keyboard."""


class CalibrationError(Exception):
    """People cannot be measured; the text is a whole sentence for the person at the keyboard."""
