"""The ways a command fails; each text is a complete sentence for the user."""


class StartError(Exception):
    """The stack cannot start."""


class CalibrationError(Exception):
    """Error rates cannot be measured, or a threshold cannot be set."""
