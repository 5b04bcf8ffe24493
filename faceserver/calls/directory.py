"""What the calls share: the directory they are about."""

from faceserver.call import place


class InDirectory:
    """Calls about what is in a directory: that of the client unless a call names another."""

    directory: str

    def _named(self, directory: str | None) -> str:
        return self.directory if directory is None else directory

    def _place(self, directory: str | None, *names: str) -> str:
        """Return the path of something in a directory."""
        return place("directories", self._named(directory), *names)
