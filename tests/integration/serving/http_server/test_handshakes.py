"""TLS handshakes that never end, which no limit of connections counts."""

import asyncio
import socket
import ssl
from pathlib import Path

from serving.http_server.certificates import Certificate
from serving.http_server.connections import Connections
from serving.http_server.server import Server, http_config
from serving.settings import ServiceSettings
from tests.integration.serving.http_server.conftest import Application
from tests.servers.certificates import Authority

_SILENT = 20
_DEFAULT_SECONDS = 60
"""What uvloop and asyncio allow."""


def test_silent_handshakes_are_given_up_and_others_are_served(tmp_path: Path):
    authority = Authority.new(tmp_path)
    tls = Certificate(*authority.issue("server"))
    settings = ServiceSettings(header_timeout_seconds=0.5)
    config = http_config(Application(), settings, Connections(1), port=0, tls=tls)

    async def attack() -> bytes:
        server = Server(config, tls=tls)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            running = asyncio.create_task(server.serve(sockets=[listener]))
            port = listener.getsockname()[1]
            silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(_SILENT)]
            ends = [reader.read() for reader, _ in silent]
            assert await asyncio.wait_for(asyncio.gather(*ends), _DEFAULT_SECONDS / 2) == [b""] * _SILENT
            client = ssl.create_default_context(cafile=authority.file)
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client)
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            answer = await reader.read()
            writer.close()
            for _, each in silent:
                each.close()
            server.should_exit = True
            await running
        return answer

    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        assert runner.run(attack()).startswith(b"HTTP/1.1 200 ")
