"""How much processor time a picture may take, by its format."""

_FACTORS = {
    b"\x89PNG": 1.0,
}
