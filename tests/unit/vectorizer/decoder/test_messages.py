"""A decoder that a picture has taken over cannot tell the service anything that harms it."""

import socket
import struct
from dataclasses import replace
from typing import Any

import msgpack
import pytest

from vectorizer.decoder.messages import Header, MalformedError, header_from, problem_message, receive
from vectorizer.decoding.budget import LargePictureError, Limits
from vectorizer.problems import ImageTooCostly, ImageUnreadable, InvalidFileFormat, Refused

LIMITS = Limits(max_bytes=1000, max_pixels=1_000_000)


@pytest.mark.parametrize(
    "header",
    [
        Header(600, 800, 800, 600, "png", 1),
        Header(300, 400, 800, 600, "jpg", 2),
        Header(75, 101, 801, 600, "jpg", 8),
    ],
)
def test_a_header_arrives(header: Header):
    assert header_from(msgpack.unpackb(msgpack.packb(header.pack())), LIMITS) == header


@pytest.mark.parametrize("problem", [ImageTooCostly(), ImageUnreadable("PNG"), InvalidFileFormat("text/html")])
def test_a_problem_arrives(problem: Refused):
    with pytest.raises(type(problem)) as raised:
        header_from(msgpack.unpackb(msgpack.packb(problem_message(problem))), LIMITS)

    assert raised.value.sentence == str(raised.value) == problem.sentence
    assert raised.value.status == problem.status


@pytest.mark.parametrize(
    "message",
    [
        None,
        [],
        ["image"],
        ["image", 600, 800, 800, 600, "html", 1],
        ["image", 600, 800, 800, 600, "png", 3],
        ["image", 6000, 8000, 8000, 6000, "png", 1],
        ["image", 600, 800, 400, 300, "png", 1],
        ["image", 600, 800, 800, 600, "png", 2],
        ["image", 0, 0, 0, 0, "png", 1],
        ["image", -600, -800, -800, -600, "png", 1],
        ["image", 600.0, 800, 800, 600, "png", 1],
        ["image", 600, 800, 800, 600, b"png", 1],
        ["image", 2**63, 1, 1, 2**63, "png", 1],
        ["image", 500_000, 1, 1, 1_000_000, "jpg", 2],
        ["problem", "internal-error", "It failed."],
        ["problem", "busy", "Later."],
        ["problem", "image-unreadable", "x" * 1001],
        ["problem", "image-unreadable", None],
        ["large"],
    ],
)
def test_nonsense_is_refused(message: Any):
    with pytest.raises(MalformedError):
        header_from(message, LIMITS)


def test_that_a_picture_is_large_arrives_where_none_are_expected():
    with pytest.raises(LargePictureError):
        header_from(["large"], replace(LIMITS, large=False))


@pytest.mark.parametrize("sent", [struct.pack("<I", 2**32 - 1), struct.pack("<I", 1) + b"\xc1"])
def test_neither_a_long_message_nor_another_format_is_read(sent: bytes):
    service, decoder = socket.socketpair()
    with service, decoder:
        decoder.sendall(sent)

        with pytest.raises(MalformedError):
            receive(service)


def test_a_message_of_which_a_part_is_missing_is_not_waited_for():
    service, decoder = socket.socketpair()
    with service, decoder:
        decoder.sendall(struct.pack("<I", 100) + b"part")

        with pytest.raises(MalformedError):
            receive(service, seconds=0)
