"""The certificate of a server, on real connections."""

import ipaddress
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic_settings import SettingsConfigDict

from serving.http_server.certificates import Certificate
from serving.settings import ServiceSettings


def issue(folder: Path, name: str) -> tuple[Path, Path]:
    """Write a certificate of 127.0.0.1 signed by itself, and its key; return the files."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = folder / f"{name}.pem", folder / f"{name}.key"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    files[1].write_bytes(private)
    return files


def common_name(server: Certificate, trusted: Path, own: tuple[Path, Path] | None = None) -> str:
    """Return the name in the certificate that a client gets, which trusts `trusted` and shows `own`."""
    client = ssl.create_default_context(cafile=trusted)
    if own:
        client.load_cert_chain(*own)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            accepted, _ = listener.accept()
            try:
                with accepted, server.context.wrap_socket(accepted, server_side=True) as wrapped:
                    wrapped.sendall(b"!")
            except ssl.SSLError:
                pass  # the client sees it as well

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            with (
                socket.create_connection(listener.getsockname()) as raw,
                client.wrap_socket(raw, server_hostname="127.0.0.1") as wrapped,
            ):
                if wrapped.recv(1) != b"!":
                    raise ConnectionError
                (((_, name),),) = wrapped.getpeercert()["subject"]  # type: ignore[index, misc, str-unpack]
                return str(name)
        finally:
            thread.join()


def test_a_renewed_certificate_is_used_for_new_connections(tmp_path):
    certificate, key = issue(tmp_path, "old")
    server = Certificate(certificate, key)
    assert common_name(server, certificate) == "old"

    renewed, renewed_key = issue(tmp_path, "new")
    renewed.replace(certificate)  # as certbot does, first one and then the other
    server.refresh()
    renewed_key.replace(key)
    server.refresh()
    assert common_name(server, certificate) == "new"


def test_a_bad_renewal_leaves_the_old_certificate_in_use(tmp_path):
    certificate, key = issue(tmp_path, "old")
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(certificate.read_bytes())
    server = Certificate(certificate, key)
    certificate.write_text("no certificate")
    server.refresh()
    key.unlink()
    server.refresh()
    assert common_name(server, trusted) == "old"


def test_only_clients_of_the_authority_connect(tmp_path):
    files, client, stranger = (issue(tmp_path, name) for name in ("server", "gateway", "stranger"))
    server = Certificate(*files, client_ca=client[0])
    assert common_name(server, files[0], client) == "server"
    for own in (None, stranger):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            common_name(server, files[0], own)


class ShopSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="SHOP_")


def test_an_unusable_certificate_is_a_sentence(tmp_path):
    certificate, _ = issue(tmp_path, "one")
    _, other_key = issue(tmp_path, "other")
    for path in (other_key, tmp_path / "missing.key"):
        with pytest.raises(SystemExit) as ended:
            Certificate.of(ShopSettings(tls_certificate_file=certificate, tls_key_file=path))
        assert str(ended.value.code).startswith(f"TLS is not possible with the certificate {certificate} and the key")
    assert Certificate.of(ShopSettings()) is None
