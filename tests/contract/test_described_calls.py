"""Valid and invalid requests for every described call, against a running stack.

Schemathesis generates the requests: the examples, the limits of every field, missing and mistyped fields, and some
random ones, the same in every run. Every answer must be described, and must not be an internal error.
"""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig

import apiserver.app
import apiserver.settings.settings
from tests.calls import learn
from tests.photographs import astronaut, encoded, nobody
from tests.stack import Stack, new_stack
from tests.waiting import wait_until

PERSON, NOBODY = encoded(astronaut().resize((128, 128))), encoded(nobody().resize((60, 40)))

CONFIG = SchemathesisConfig.from_dict(
    {
        "seed": 1,
        "generation": {"deterministic": True, "max-examples": 5},
        "request-timeout": 120,
        "checks": {
            "not_a_server_error": {
                "expected-statuses": ["2xx", "3xx", "4xx", 503, 504]
            },  # outages, which are described
            # A field may be refused for reasons that a schema cannot express, and forms have fields of other calls.
            "positive_data_acceptance": {"enabled": False},
            "negative_data_rejection": {"enabled": False},
        },
    }
)

schemathesis.openapi.format("binary", st.sampled_from([PERSON, NOBODY]) | st.binary(max_size=64))
CALLS = schemathesis.openapi.from_dict(
    apiserver.app.create_app(
        apiserver.settings.settings.Settings(database_url="postgresql:///none", image_store_url="memory:///")
    ).openapi(),
    config=CONFIG,
)
ABOUT_SOMETHING = CALLS.include(path_regex="{")

named_by_call = pytest.mark.parametrize("stack", [None], indirect=True, ids=["stack"])
"""Without any parameter of pytest, all calls' tests have one id (schemathesis 4.32, pytest 9.2) and xdist runs one."""


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with new_stack() as stack:
        yield stack.start()
        assert "Traceback" not in stack.log, stack.log


@pytest.fixture(scope="module")
def job(stack: Stack) -> str:
    """The id of a finished export."""
    with stack.client() as client:
        learn(client, "ann", PERSON, directory="acme")
        job: str = client.post("/directories/acme/exports").json()["job"]
        wait_until(lambda: client.get(f"/jobs/{job}").json()["state"] == "done")
    return job


@pytest.fixture
def known_ids(stack: Stack, job: str) -> dict[str, str]:
    """Ids of existing resources for paths, created again for every call, because a call may delete them."""
    with stack.client() as client:
        learn(client, "bob", PERSON, directory="acme")
        deletion = client.delete("/directories/acme/persons/bob").json()["deletion"]
        answer = learn(client, "ann", PERSON, directory="acme")
    return {
        "directory": "acme",
        "person": "ann",
        "face": answer["persons"][0]["face"],
        "key": answer["url"].removeprefix("/files/"),
        "deletion": deletion,
        "id": job,
        "job": job,
    }


@CALLS.parametrize()
@named_by_call
def test_call(case: schemathesis.Case[Any], stack: Stack):
    call(case, stack)


@ABOUT_SOMETHING.parametrize()
@named_by_call
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # once for a call is meant
def test_call_about_what_is_there(case: schemathesis.Case[Any], stack: Stack, known_ids: dict[str, str]):
    case.path_parameters.update({name: known_ids[name] for name in case.path_parameters if name in known_ids})
    case.headers.update({name: "*" for name in case.headers if name == "If-Match"})
    call(case, stack)


def call(case: schemathesis.Case[Any], stack: Stack) -> None:
    """Send a call with an unused Idempotency-Key, and check the answer against the description."""
    case.headers.update({name: str(uuid4()) for name in case.headers if name == "Idempotency-Key"})
    case.call_and_validate(base_url=stack.url)
