"""The services on the hosts: PostgreSQL, vectorizers, gateways, their load balancer, and a name server."""

import asyncio
import csv
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bench.cluster.network import SUBNET, Host
from faceserver.standalone.child import Program
from faceserver.standalone.postgres import DATABASE, SUPERUSER, Cluster

GATEWAY_PORT, VECTORIZER_PORT, METRICS_PORT, BALANCER_PORT = 8080, 8081, 9090, 80
NAME = "vectorizers.faces.internal"
"""Stands for every vectorizer's address."""

CHECK_SECONDS = 0.5
BALANCER = "haproxy"
NAME_SERVER = "dnsmasq"


def url(host: Host, port: int) -> str:
    """Return the beginning of a service's URLs."""
    return f"http://{host.address}:{port}"


def dsn(host: Host) -> str:
    """Return the DSN of the database on a host."""
    return f"postgresql://{SUPERUSER}@{host.address}/{DATABASE}"


def on(host: Host, program: Program) -> Program:
    """Return the program as it runs on a host, as the account that it asks for."""
    command = list(program.command)
    if account := program.account:
        ids = f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}"
        command = ["setpriv", *ids, "--clear-groups", *command]
    return replace(program, command=host.command(command), account=None)


def database(host: Host, cluster: Cluster) -> Program:
    """Return PostgreSQL, which takes connections over the network as well."""
    program = cluster.program
    return on(host, replace(program, command=[*program.command, f"--listen_addresses={host.address}"]))


def allow_access(folder: Path) -> None:
    """Have the PostgreSQL cluster in a folder trust the hosts of the network."""
    with (folder / "postgres" / "pg_hba.conf").open("a") as rules:
        rules.write(f"host all all {SUBNET}.0/24 trust\n")


def vectorizer(host: Host, models: str, log: Path, settings: Mapping[str, str]) -> Program:
    """Return a vectorizer."""
    environment = {
        "VECTORIZER_HOST": host.address,
        "VECTORIZER_PORT": str(VECTORIZER_PORT),
        "VECTORIZER_MODELS": models,
        "VECTORIZER_METRICS_HOST": host.address,
        "VECTORIZER_METRICS_PORT": str(METRICS_PORT),
        **settings,
    }
    return _service(host, "vectorizer", environment, log)


def gateway(host: Host, database: Host, images: Path, log: Path, settings: Mapping[str, str]) -> Program:
    """Return a gateway that knows the vectorizers by their common name."""
    environment = {
        "APISERVER_HOST": host.address,
        "APISERVER_PORT": str(GATEWAY_PORT),
        "APISERVER_INSECURE_OPEN": "true",  # nobody else reaches these namespaces
        "APISERVER_DATABASE_URL": dsn(database),
        "APISERVER_IMAGE_STORE_URL": images.as_uri(),
        "APISERVER_VECTORIZER_URLS": f"http://{NAME}:{VECTORIZER_PORT}",
        **settings,
    }
    return _service(host, "apiserver", environment, log)


def _service(host: Host, module: str, environment: Mapping[str, str], log: Path) -> Program:
    command = [sys.executable, "-m", module]
    program = Program(name=host.name, command=command, environment=environment, log=log, stop_seconds=30)
    return on(host, program)


def balancer(host: Host, gateways: Sequence[Host], configuration: Path) -> Program:
    """Return HAProxy, which passes connections on to the gateways that are ready.

    If none is ready, any gateway gets them: it tells the client the reason and when to retry.
    """
    servers = [f"server {gateway.name} {gateway.address}:{GATEWAY_PORT}" for gateway in gateways]
    check = f"check inter {round(1000 * CHECK_SECONDS)}ms fall 2 rise 1"
    last = (f"{server.replace(' ', ' any-', 1)} backup" for server in servers)
    lines = "\n    ".join([*(f"{server} {check}" for server in servers), *last])
    configuration.write_text(
        f"""
global
    stats socket {_socket_of(configuration)} mode 600
defaults
    mode tcp
    retries 3
    option redispatch 1
    timeout connect 1s
    timeout client 70s
    timeout server 70s
listen gateways
    bind {host.address}:{BALANCER_PORT}
    balance roundrobin
    option httpchk GET /health/ready
    option allbackups
    {lines}
"""
    )
    return on(host, Program(name=host.name, command=[BALANCER, "-db", "-q", "-f", configuration]))


async def servers_up(configuration: Path) -> int:
    """Return how many gateways the balancer with this configuration finds ready."""
    try:
        reader, writer = await asyncio.open_unix_connection(_socket_of(configuration))
    except OSError:  # still starting
        return 0
    writer.write(b"show stat\n")
    rows = csv.DictReader((await reader.read()).decode().splitlines())
    writer.close()
    return sum(row["svname"].startswith("gateway") and row["status"].startswith("UP") for row in rows)


def _socket_of(configuration: Path) -> Path:
    return configuration.with_suffix(".socket")


def name_server(host: Host, names: Path) -> Program:
    """Return dnsmasq, which answers from the file `names` and reads it again on SIGHUP."""
    options = [
        *("--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--bind-interfaces"),
        *("--user=root", "--pid-file=", "--local-ttl=0", f"--listen-address={host.address}"),
        f"--addn-hosts={names}",
        f"--local=/{NAME.partition('.')[2]}/",
    ]
    return on(host, Program(name=host.name, command=[NAME_SERVER, *options]))
