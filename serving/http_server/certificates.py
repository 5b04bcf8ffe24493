"""TLS of a server: its certificate, which is read again after it was renewed, and whose clients it accepts."""

import logging
import ssl
import sys
from pathlib import Path
from typing import Self

from serving.settings import ServiceSettings

_logger = logging.getLogger(__name__)


class Certificate:
    """The certificate and key of a server, in a context that follows their files."""

    def __init__(self, certificate: Path, key: Path, client_ca: Path | None = None) -> None:
        """client_ca: file of the authority whose clients alone may connect. Raises OSError."""
        self._certificate, self._key = certificate, key
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._state = self._files()
        self.context.load_cert_chain(certificate, key, password=_no_password)
        if client_ca:
            self.context.verify_mode = ssl.CERT_REQUIRED
            self.context.load_verify_locations(client_ca)

    @classmethod
    def of(cls, settings: ServiceSettings, client_ca: Path | None = None) -> Self | None:
        """Return the certificate that the settings name, if any. Ends the process with a message if it is unusable."""
        certificate, key = settings.tls_certificate_file, settings.tls_key_file
        if certificate is None or key is None:
            return None
        try:
            return cls(certificate, key, client_ca)
        except OSError as error:  # ssl.SSLError too
            sys.exit(f"TLS is not possible with the certificate {certificate} and the key {key}: {_reason(error)}.")

    def refresh(self) -> None:
        """Read the files again if they have changed; new connections get the new certificate."""
        try:
            if (state := self._files()) == self._state:
                return
            self._state = state
            # Tried first: a context that has read half of a new pair would serve nobody.
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
                self._certificate, self._key, password=_no_password
            )
            self.context.load_cert_chain(self._certificate, self._key, password=_no_password)
        except OSError as error:
            _logger.warning("The renewed certificate %s is not used: %s", self._certificate, _reason(error))
        else:
            _logger.info("The certificate %s was read again", self._certificate)

    def _files(self) -> list[tuple[int, int, int]]:
        stats = [path.stat() for path in (self._certificate, self._key)]
        return [(stat.st_mtime_ns, stat.st_size, stat.st_ino) for stat in stats]


def _no_password() -> str:
    """Stand for a password: without one, OpenSSL would ask at the terminal for that of an encrypted key."""
    return ""


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return f"{error.reason or 'not valid'} (OpenSSL)".lower().replace("_", " ")
    return f"{error.filename or 'a file'}: {(error.strerror or 'error').lower()}"
