"""Parameters, members and bodies that no client should send: each is refused with a code; none is a failure."""

from urllib.parse import quote
from uuid import uuid4

import pytest
import pytest_asyncio

from apiserver.access.scopes import SHORTHANDS
from tests.integration.apiserver.api.compreface.conftest import API, base64_of, jpeg

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXTS = (
    *(
        "",
        " ",
        "-1",
        "+1",
        "-+1",
        "+-1",
        "--1",
        "1.5",
        "1e3",
        "1_0",
        "0x1",
        "9" * 11,
        "9" * 5_000,
        "nan",
        "-inf",
        "none",
    ),
    *(
        "true",
        "\u0661",
        "\u00b2",
        "a\0b",
        "a\nb",
        "\u0327\u0308" * 50,
        "a" * 5_000,
        "../..",
        "\ud800",
        "%",
        "&",
        "\u202e",
    ),
)
PARAMETERS = (
    *("limit", "det_prob_threshold", "prediction_count", "face_plugins", "status", "detect_faces", "page", "size"),
    "subject",
)
VALUES = (
    *("null", "true", "1", "-1.5", "1e400", "9" * 5_000, "NaN", '""', '" "', '"a\\u0000b"', '"a\\nb"', '"\\ud800"'),
    *("[]", "[null]", '["a"]', "{}", '{"a": null}', "[" * 150 + "]" * 150, f'"{"a" * 5_000}"', '"a;b"', '"\\u202e"'),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def image(new_service, ann):
    """A directory, and the id of a photograph in it."""
    service = await new_service(scopes=SHORTHANDS["manage"])
    return service, await service.add("Ann", ann)


async def refused(service, action, **options):
    """Return the status of an answer, which is no failure of the service; a refusal has the form of CompreFace."""
    method, path = action.split(" ", 1)
    headers = {"x-api-key": service.key} | options.pop("headers", {})
    answer = await service.client.request(method, f"{API}/{path}", headers=headers, **options)
    assert answer.status_code < 500, (action, options, answer.text)
    if answer.is_error:
        assert set(answer.json()) == {"message", "code"}, answer.text
    return answer.status_code


def encoded(text):
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


@pytest.mark.parametrize("number", ["-+1", "+-1", "--1", "1_0", "\u0661", "9" * 5_000])
async def test_numbers_that_are_none(image, number):
    service, _ = image
    query, body = f"?prediction_count={encoded(number)}", {"embeddings": [[1.0] * 128]}
    assert await service.code(f"POST recognition/embeddings/recognize{query}", json=body) == 36


@pytest.mark.long
@pytest.mark.parametrize("parameter", PARAMETERS)
async def test_odd_parameters(image, parameter, ann):
    service, face = image
    for text in TEXTS:
        query = f"?{parameter}={encoded(text)}"
        await refused(service, f"GET recognition/faces{query}")
        await refused(service, f"POST recognition/embeddings/recognize{query}", json={"embeddings": [[1.0] * 128]})
    for text in ("-+1", "nan", "\u0661", "a\0b"):
        query = f"?{parameter}={encoded(text)}"
        await refused(service, f"POST recognition/faces/{face}/verify{query}", files=jpeg(ann))
    numbers = {"limit", "prediction_count", "det_prob_threshold"}
    if parameter in numbers:
        for text in ("-+1", "nan", "\u0661", "a"):
            query = f"?{parameter}={encoded(text)}"
            assert await refused(service, f"POST recognition/recognize{query}", files=jpeg(ann)) in {200, 400}


@pytest.mark.long
async def test_odd_paths(image):
    service, face = image
    for text in TEXTS:
        name = encoded(text) or "%20"
        await refused(service, f"PUT recognition/subjects/{name}", json={"subject": "x"})
        for action in ("DELETE recognition/subjects/{}", "DELETE recognition/faces/{}", "GET recognition/faces/{}/img"):
            await refused(service, action.format(name))
        await refused(service, f"GET static/{name}/images/{face}")
        await refused(service, f"POST recognition/embeddings/faces/{name}/verify", json={"embeddings": [[1.0] * 128]})


@pytest.mark.long
async def test_odd_members(image):
    service, face = image
    actions = {
        "POST recognition/subjects": "subject",
        "PUT recognition/subjects/Ann": "subject",
        "POST recognition/recognize": "file",
        "POST verification/verify": "source_image",
        "POST recognition/embeddings/recognize": "embeddings",
        f"POST recognition/embeddings/faces/{face}/verify": "embeddings",
        "POST verification/embeddings/verify": "source",
    }
    for action, member in actions.items():
        for value in VALUES:
            for body in (f'{{"{member}": {value}}}', f'{{"{member}": [{value}], "targets": [[{value}]]}}', value):
                status = await refused(
                    service, action, content=body.encode(), headers={"content-type": "application/json"}
                )
                assert status in {400, 404}, (action, body[:100], status)
    for value in VALUES:
        await refused(service, "POST recognition/faces/delete", content=value.encode())


@pytest.mark.parametrize(
    "body", ["", " ", "{", "\ufeff{}", "{'file': ''}", '{"file": "QQ=="} x', '{"file": "QUJD\n"}', "[" * 250, '"']
)
async def test_odd_bodies(image, body):
    service, _ = image
    headers = {"content-type": "application/json; charset=utf-8"}
    assert await refused(service, "POST recognition/recognize", content=body.encode(), headers=headers) == 400
    assert await refused(service, "POST recognition/subjects", content=body.encode(), headers=headers) == 400


async def test_of_a_member_that_comes_twice_the_last_one_counts(image):
    service, _ = image
    name = uuid4().hex
    body = f'{{"subject": 1, "subject": "{name}"}}'
    assert await refused(service, "POST recognition/subjects", content=body.encode()) == 201
    assert name in (await service.call("GET recognition/subjects"))["subjects"]


async def test_base64_as_encoders_of_json_write_it(image, ann):
    """Slashes and plus signs may be escaped, and padding may be missing, as Java's decoder lets it."""
    service, _ = image
    written = base64_of(ann)
    for each in (written, written.replace("/", "\\/"), written.replace("+", "\\u002B"), written.rstrip("=")):
        body, headers = f'{{"file": "{each}"}}'.encode(), {"content-type": "application/json"}
        assert await refused(service, "POST detection/detect", content=body, headers=headers) == 200
