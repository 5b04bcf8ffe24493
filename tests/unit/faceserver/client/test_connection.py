"""The file of authorities that a client is given."""

import pytest

from faceserver import AsyncClient, Client


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_a_file_without_certificates_is_refused_with_its_name(tmp_path, kind, content):
    path = tmp_path / "authority.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ValueError, match=r"authority\.pem is not a readable file of certificates"):
        kind("https://127.0.0.1", ca_file=path)
