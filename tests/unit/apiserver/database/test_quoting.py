"""Literals in statements."""

from apiserver.database.quoting import literal


def test_literals_cannot_be_escaped_from():
    assert literal("acme") == "'acme'"
    assert literal("o'hara'); DROP TABLE faces --") == "'o''hara''); DROP TABLE faces --'"
    assert literal("back\\slash'") == "E'back\\\\slash'''"
