"""Forms of all kinds, over raw sockets where a decent client would not send them."""

import asyncio
import hashlib
import io
import logging

import pytest
from PIL import Image

from tests.waiting import PATIENCE_SECONDS, until

LIMIT = 200_000
BOUNDARY = "edge"


@pytest.fixture
async def gateway(serve, settings):
    return await serve(settings.model_copy(update={"max_image_bytes": LIMIT}))


@pytest.fixture
async def connect(gateway):
    """Opens raw connections to the gateway."""
    writers = []

    async def open_connection():
        reader, writer = await asyncio.open_connection(gateway.base_url.host, gateway.base_url.port)
        writers.append(writer)
        return reader, writer

    yield open_connection
    for writer in writers:
        writer.close()


def head(*headers: str, path: str = "/learn") -> bytes:
    lines = (f"POST {path} HTTP/1.1", "Host: gateway", *headers, "", "")
    return "\r\n".join(lines).encode()


def form_head(*headers: str) -> bytes:
    return head(f"Content-Type: multipart/form-data; boundary={BOUNDARY}", *headers)


def part(name: str, content: bytes, filename: str | None = None) -> bytes:
    suffix = "" if filename is None else f'; filename="{filename}"'
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{suffix}\r\n\r\n'.encode() + content + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


async def stored(database) -> int:
    return int(await database.fetchval("SELECT count(*) FROM images"))


async def test_a_size_over_the_limit_is_refused_before_reading(connect):
    reader, writer = await connect()
    writer.write(form_head("Content-Length: 1000000000"))

    answer = await asyncio.wait_for(reader.read(), PATIENCE_SECONDS)  # to the end: the gateway closes the connection
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"code":"image-too-large"' in answer
    assert b"connection: close" in answer.lower()


async def test_an_unannounced_size_is_refused_as_soon_as_it_shows(connect):
    reader, writer = await connect()
    writer.write(form_head("Transfer-Encoding: chunked") + chunk(part("file", b"", "huge.jpg")[:-2]))

    answer = asyncio.create_task(reader.read(4096))
    sent = 0
    while not answer.done() and sent < 100 * LIMIT:
        writer.write(chunk(bytes(50_000)))
        sent += 50_000
        await asyncio.sleep(0.01)

    assert (await answer).startswith(b"HTTP/1.1 413 ")
    assert sent < 10 * LIMIT


async def test_the_limit_itself_is_accepted_and_one_byte_more_is_not(gateway):
    codes = []
    for size in (LIMIT, LIMIT + 1):
        response = await gateway.post("/learn", data={"person": "ann"}, files={"file": b"\xff" * size})
        codes.append(response.json()["code"])
    assert codes == ["invalid-file-format", "image-too-large"]


@pytest.mark.timing
async def test_a_client_that_hangs_up_in_the_middle_leaves_no_trace(connect, database, caplog, ann):
    caplog.set_level(logging.INFO)
    _, writer = await connect()
    body = form(part("person", b"ann"), part("file", ann, "ann.jpg"))
    writer.write(form_head(f"Content-Length: {len(body)}") + body[: len(body) // 2])
    await writer.drain()
    writer.close()

    await until(lambda: "POST /learn 499" in caplog.text)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING or record.exc_info] == []
    assert await stored(database) == 0


async def until_answered(ask, is_as_expected):
    """Return the first answer that has such a status."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not is_as_expected((response := await ask()).status_code):  # noqa: ASYNC110 - it is behind a socket
            await asyncio.sleep(0.01)
    return response


def with_slots(settings, count):
    """Settings of a gateway with so many slots, each for LIMIT bytes."""
    return settings.model_copy(update={"max_requests": count, "max_image_bytes": LIMIT, "upload_timeout_seconds": 3600})


@pytest.mark.timing
async def test_a_photograph_too_many_is_refused_unread_until_there_is_a_slot(serve, settings):
    gateway = await serve(with_slots(settings, 1))
    _, writer = await asyncio.open_connection(gateway.base_url.host, gateway.base_url.port)
    writer.write(form_head(f"Content-Length: {LIMIT + 1000}") + part("file", bytes(LIMIT), "ann.jpg"))
    response = await until_answered(lambda: gateway.post("/recognize"), lambda status: status == 503)
    assert response.json()["code"] == "gateway-busy"
    assert response.headers["Retry-After"] == "1"
    assert (await gateway.get("/health/live")).is_success

    writer.close()
    response = await until_answered(lambda: gateway.post("/recognize"), lambda status: status != 503)
    assert response.json()["code"] == "file-missing"


@pytest.mark.timing
async def test_a_large_form_takes_the_slots_of_several_photographs(serve, settings):
    gateway = await serve(with_slots(settings, 4))
    _, writer = await asyncio.open_connection(gateway.base_url.host, gateway.base_url.port)
    head = form_head(f"Content-Length: {3 * LIMIT + 1000}").replace(b"/learn", b"/directories/a/persons/b/faces")
    writer.write(head + part("file", bytes(3 * LIMIT), "ann.jpg"))
    two = {"files": [("file", bytes(LIMIT)), ("file", bytes(LIMIT))]}
    path = "/directories/a/persons/b/faces"
    response = await until_answered(lambda: gateway.post(path, **two), lambda status: status == 503)
    assert response.json()["code"] == "gateway-busy"
    assert (await gateway.post("/recognize")).json()["code"] == "file-missing", "there is a slot for one"
    writer.close()


@pytest.mark.parametrize("length", ["Content-Length: {}", "Transfer-Encoding: chunked"])
async def test_what_has_not_arrived_takes_no_slot(serve, settings, ann, length):
    gateway = await serve(settings.model_copy(update={"max_requests": 1, "upload_timeout_seconds": 3600}))
    head = form_head(length.format(settings.max_image_bytes)) + chunk(b"--edge")
    slow = [await asyncio.open_connection(gateway.base_url.host, gateway.base_url.port) for _ in range(8)]
    for _, writer in slow:
        writer.write(head)
    for _ in slow:
        assert (await gateway.post("/recognize", files={"file": ann})).status_code == 201
    for _, writer in slow:
        writer.close()


async def test_who_reads_nothing_before_all_is_sent_gets_the_refusal_too(gateway):
    response = await gateway.post("/recognize", files={"file": bytes(30 * LIMIT)})
    assert (response.status_code, response.json()["code"]) == (413, "image-too-large")
    assert response.headers["Connection"] == "close"


async def test_a_form_larger_than_all_slots_is_taken_alone(serve, settings, ann):
    gateway = await serve(settings.model_copy(update={"max_requests": 1, "max_image_bytes": len(ann)}))
    response = await gateway.post("/recognize", files=[("file", ann), ("file", ann), ("file", ann)])
    assert response.status_code == 201


@pytest.mark.timing
async def test_a_client_that_stalls_is_given_up(serve, settings):
    gateway = await serve(settings.model_copy(update={"upload_timeout_seconds": 0.5}))
    reader, writer = await asyncio.open_connection(gateway.base_url.host, gateway.base_url.port)
    writer.write(form_head("Content-Length: 1000") + part("person", b"ann"))
    assert (await asyncio.wait_for(reader.read(), PATIENCE_SECONDS)).startswith(b"HTTP/1.1 408 ")
    writer.close()


@pytest.mark.parametrize("order", [1, -1])
async def test_fields_may_stand_on_either_side_of_the_file(gateway, ann, order):
    parts = [part("person", b"ann"), part("file", ann, "ann.jpg")][::order]
    response = await gateway.post(
        "/learn", content=form(*parts), headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    )
    assert response.status_code == 201


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid-form"),
        (b"no form at all", "invalid-form"),
        (form(part("person", b"ann")), "file-missing"),
        (form(part("person", b"ann"), part("file", b"", "")), "file-missing"),
        (form(part("person", b"ann"), part("file", b"", "empty.jpg")), "file-empty"),
        (form(part("person", b"ann"), part("file", b"text")), "invalid-file-format"),
        (form(part("person", b"ann"), part("File", b"text", "x")), "unknown-field"),
        (form(part("person", b"a\0b"), part("file", b"x", "x")), "invalid-name"),
        (form(part("person", b"\xed\xa0\x80"), part("file", b"x", "x")), "invalid-name"),
        (form(part("person", b"ann"), *(part("file", b"x", "x") for _ in range(21))), "invalid-form"),
        (form(part("person", b"x" * 20_000), part("file", b"x", "x")), "invalid-form"),
        (form(*(part(f"field {number}", b"") for number in range(40))), "invalid-form"),
        (form(part("person", b"ann"), part("file", b"text named .jpg", "text.jpg")), "invalid-file-format"),
        (part("person", b"ann") + part("file", b"cut short", "ann.jpg"), "invalid-form"),
        (form(part("person", b"ann")).removesuffix(b"\r\n"), "file-missing"),
        (form(), "person-missing"),
        (b"a preamble\r\n" + form(part("person", b"ann")), "invalid-form"),
        (form(part("person", b"ann")) + b"an epilogue", "file-missing"),
        (form(part("person", b"ann")).replace(b"\r\n", b"\n"), "invalid-form"),
        (form(part("person", b"ann").replace(b"name=", b"eman=")), "invalid-form"),
        (form(part("person", b"ann").replace(b"Disposition", b"Type")), "invalid-form"),
        (form(part("person", b"ann").replace(b"\r\n\r\n", b"\r\n")), "invalid-form"),
        (f"--{BOUNDARY}\r\n".encode() * 10_000, "invalid-form"),
    ],
)
async def test_forms_that_are_refused(gateway, database, body, code):
    response = await gateway.post(
        "/learn", content=body, headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    )

    assert (response.status_code, response.json()["code"]) == (400, code)
    assert response.json()["persons"] is None
    assert await stored(database) == 0


@pytest.mark.parametrize(
    ("content_type", "status", "code"),
    [
        ("multipart/form-data", 400, "invalid-form"),
        ("multipart/form-data; boundary=another", 400, "invalid-form"),
        (f'Multipart/Form-Data; boundary="{BOUNDARY}"', 400, "file-missing"),
        (f"multipart/form-data; boundary={BOUNDARY}; charset=no-such", 400, "file-missing"),
        ("application/x-www-form-urlencoded", 400, "person-missing"),
        ("application/json", 415, "unsupported-media-type"),
        ("image/jpeg", 415, "unsupported-media-type"),
    ],
)
async def test_content_types(gateway, content_type, status, code):
    response = await gateway.post(
        "/learn", content=form(part("person", b"ann")), headers={"Content-Type": content_type}
    )
    assert (response.status_code, response.json()["code"]) == (status, code)


async def test_a_post_without_any_body(gateway):
    assert (await gateway.post("/learn")).json()["status"] == "Person identification is required."
    assert (await gateway.post("/recognize")).json()["status"] == "File is required."


async def test_fields_without_a_file_as_simple_clients_send_them(gateway):
    assert (await gateway.post("/learn", data={"person": "ann"})).json()["status"] == "File is required."


@pytest.mark.parametrize(
    ("sent", "filename"),
    [
        ("жук.jpg".encode(), "жук.jpg"),
        (b"caf\xe9.jpg", "café.jpg"),  # Latin-1
        (rb"a\"b.jpg", 'a"b.jpg'),
        (b"a; b=c.jpg", "a; b=c.jpg"),
        (b"a+2AA-.jpg", "a+2AA-.jpg"),
        (b"", ""),
    ],
)
async def test_filenames_come_back(gateway, ann, sent, filename):
    file = part("file", ann, "NAME").replace(b"NAME", sent)
    response = await gateway.post(
        "/recognize",
        content=form(file),
        headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}; charset=utf-7"},
    )
    assert response.status_code == 201
    assert response.json()["filename"] == filename


async def test_the_photograph_may_hold_anything(gateway, database, ann):
    """What looks like a boundary is none in the middle of a line, and line ends at either end are the image's."""
    content = b"\r\n" + ann + f"--{BOUNDARY}--\r\n\r\n".encode()
    response = await gateway.post(
        "/recognize",
        content=form(part("file", content, "a.jpg")),
        headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"},
    )
    assert response.json()["code"] == "invalid-file-format"  # for it does not begin as an image does
    response = await gateway.post(
        "/recognize",
        content=form(part("file", content[2:], "a.jpg")),
        headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"},
    )
    assert response.status_code == 201
    assert await database.fetchval("SELECT sha256 FROM images") == hashlib.sha256(content[2:]).digest()


def grey_png(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("1", (width, height)).save(buffer, "PNG")
    return buffer.getvalue()


async def test_problems_of_the_image_are_the_vectorizers(gateway, database, ann):
    for photograph, status, code in (
        (b"%PDF-1.7 no photograph", 400, "invalid-file-format"),
        (ann[: len(ann) // 3], 422, "image-unreadable"),
        (grey_png(30_000, 30_000), 413, "image-too-many-pixels"),
        (grey_png(1, 1), 400, "no-face"),
    ):
        response = await gateway.post("/learn", data={"person": "ann"}, files={"file": ("ann.jpg", photograph)})
        assert (response.status_code, response.json()["code"]) == (status, code)
    assert await stored(database) == 0


async def test_the_format_is_named_by_content(gateway):
    response = await gateway.post("/recognize", files={"file": ("photo.jpg", b"%PDF-1.7 no photograph", "image/jpeg")})
    assert response.json()["status"] == "Invalid file format application/pdf"


@pytest.mark.parametrize(
    ("disposition", "filename"),
    [
        ('form-data; name="file"', ""),
        ("form-data; name=\"file\"; filename*=utf-8''Zo%C3%AB.jpg", "Zoë.jpg"),
        ("form-data; name=file; filename=\"=?utf-8?B?Wm/Dqw==?=\"; filename*=utf-8''Zo%C3%AB", "Zoë"),
    ],
)
async def test_a_photograph_of_any_size_needs_no_plain_file_name(gateway, ann, disposition, filename):
    photograph = ann + bytes(LIMIT - len(ann))
    head = f"--{BOUNDARY}\r\nContent-Disposition: {disposition}\r\nContent-Type: image/jpeg\r\n\r\n"
    body = head.encode() + photograph + f"\r\n--{BOUNDARY}--\r\n".encode()
    response = await gateway.post(
        "/recognize", content=body, headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    )

    assert (response.status_code, response.json()["filename"]) == (201, filename)
    assert len(response.json()["persons"]) == 1


async def test_a_name_is_read_in_the_charset_that_is_declared(gateway, ann):
    person = part("person", "Анна".encode("cp1251")).replace(
        b"\r\n\r\n", b"\r\nContent-Type: text/plain; charset=windows-1251\r\n\r\n"
    )
    directory = part("directory", "Отдел".encode("koi8-r"), "blob")
    body = form(part("_charset_", b"koi8-r"), person, directory, part("file", ann, "ann.jpg"))
    response = await gateway.post(
        "/learn", content=body, headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    )

    assert (response.status_code, response.json()["directory"]) == (201, "Отдел")
    assert response.json()["persons"][0]["id"] == "Анна"


async def test_an_unsupported_charset_names_the_field(gateway, database, ann):
    person = part("person", b"ann").replace(b"\r\n\r\n", b"\r\nContent-Type: text/plain; charset=klingon\r\n\r\n")
    response = await gateway.post(
        "/learn",
        content=form(person, part("file", ann, "ann.jpg")),
        headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"},
    )

    assert (response.status_code, response.json()["code"]) == (400, "invalid-field")
    assert response.json()["status"] == "person: the charset 'klingon' is not supported; send UTF-8."
    assert await stored(database) == 0
