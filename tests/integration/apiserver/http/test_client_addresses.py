"""Requests of clients behind a trusted proxy are bounded for each client."""

import asyncio

import pytest

from tests.waiting import PATIENCE_SECONDS, until


@pytest.mark.timing
async def test_a_client_has_a_limit_and_another_one_is_served(serve, settings):
    changes = {"trusted_proxies": "127.0.0.1", "max_connections_per_address": 1, "upload_timeout_seconds": 3600}
    gateway = await serve(settings.model_copy(update=changes))
    _, writer = await asyncio.open_connection(gateway.base_url.host, gateway.base_url.port)
    writer.write(
        b"PUT /directories/a HTTP/1.1\r\nHost: gateway\r\nX-Forwarded-For: 192.0.2.1\r\nContent-Length: 2\r\n\r\n{"
    )

    async def refused() -> bool:
        answer = await gateway.get("/version", headers={"X-Forwarded-For": "192.0.2.1"})
        return b"too-many-connections" in answer.content

    await until(refused)
    assert (await gateway.get("/version", headers={"X-Forwarded-For": "192.0.2.2"})).is_success
    assert (await gateway.get("/version")).is_success, "the proxy itself"
    writer.close()

    async def served() -> bool:
        return bool((await gateway.get("/version", headers={"X-Forwarded-For": "192.0.2.1"})).is_success)

    await until(served)


@pytest.mark.timing
@pytest.mark.parametrize("path", ["/recognize", "/directories/a/imports", "/identify"])
async def test_a_body_that_drips_is_given_up_although_it_never_pauses(serve, settings, path):
    gateway = await serve(settings.model_copy(update={"upload_timeout_seconds": 0.5}))
    reader, writer = await asyncio.open_connection(gateway.base_url.host, gateway.base_url.port)
    head = f"POST {path} HTTP/1.1\r\nHost: gateway\r\nContent-Length: 100000\r\n"
    writer.write(head.encode() + b"Content-Type: multipart/form-data; boundary=edge\r\n\r\n--edge\r\n")
    answer = asyncio.create_task(reader.readuntil(b"\r\n"))
    while not answer.done():
        writer.write(b"x")
        await asyncio.sleep(0.02)
    assert (await asyncio.wait_for(answer, PATIENCE_SECONDS)).startswith(b"HTTP/1.1 408 ")
    writer.close()
