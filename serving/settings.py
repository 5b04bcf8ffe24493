"""Settings of a process, read from environment variables, and the ones that every service has."""

import sys
from pathlib import Path
from typing import Literal, Self, TypeVar

from pydantic import Field, PositiveFloat, PositiveInt, ValidationError, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from serving.host_names import read_hosts
from serving.secret_files import SettingsWithSecrets, UnusableSecret


class ServiceSettings(SettingsWithSecrets):
    """Settings of one process; `__main__` reads them once and passes them on. A subclass sets `env_prefix`."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", validate_by_name=True)

    host: str = Field("127.0.0.1", description="Address to listen on.")
    hosts: str = Field(
        "",
        description="Host names under which clients call the service, separated by commas, such as "
        "`faces.example.org`. Requests for others are answered 421, except for `localhost` and IP addresses. "
        "`*.example.org` accepts all names below, `*` all names. Unset: names are checked only if the service "
        "listens on loopback.",
    )
    tls_certificate_file: Path | None = Field(
        None,
        description="File of the certificate (PEM, with its chain) for serving HTTPS; needs the key as well. A renewed "
        "certificate is read within ten seconds. Unset: plain HTTP.",
    )
    tls_key_file: Path | None = Field(None, description="File of the certificate's private key (PEM, not encrypted).")
    max_connections: PositiveInt = Field(
        4096,
        description="Maximum number of open connections; fewer if the limit of open files is lower. Beyond it, slow "
        "ones are closed, or new ones are answered 503.",
    )
    header_timeout_seconds: PositiveFloat = Field(
        10,
        description="Maximum time for a client to send the headers of a request, from the first byte or connection, "
        "and for a TLS handshake.",
    )
    upload_bytes_per_second: PositiveInt = Field(
        10_000, description="Minimum rate at which the body of a request must arrive."
    )
    upload_timeout_seconds: PositiveFloat = Field(
        10,
        description="How far the body of a request may fall behind the minimum rate. This is the longest pause, and "
        "the maximum time of a body is this plus its size divided by the rate.",
    )
    log_level: str = Field(
        "info", pattern="^(debug|info|warning|error)$", description="Lowest severity that is logged."
    )
    log_format: Literal["text", "json"] = Field("text", description="Format of log lines: `text` or `json`.")
    otlp_endpoint: str | None = Field(
        None,
        validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT",
        pattern="^https?://.+$",
        description="Where traces are sent (OTLP over HTTP), such as http://collector:4318. Unset: no traces.",
    )
    shutdown_timeout_seconds: PositiveInt = Field(
        20, description="Requests in progress may run for this long when the service stops."
    )
    health_host: str = Field("127.0.0.1", description="Address at which the health is served.")
    health_port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="Port at which a separate thread answers `/health/live` and `/health/ready`. Unset: none.",
    )
    health_stall_seconds: PositiveFloat = Field(
        30,
        description="If the event loop has not turned for this long, `/health/live` at the health port is 503.",
    )
    metrics_host: str = Field("127.0.0.1", description="Address at which metrics are served.")
    metrics_port: int | None = Field(
        None, ge=1, le=65535, description="Port at which the service serves its metrics. Unset: no metrics."
    )

    @field_validator("hosts")
    @classmethod
    def _names_hosts(cls, hosts: str) -> str:
        read_hosts(hosts)
        return hosts

    @field_validator("otlp_endpoint", "tls_certificate_file", "tls_key_file", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        return value or None

    @model_validator(mode="after")
    def _has_both_parts(self) -> Self:
        prefix = self.model_config["env_prefix"]
        require_pair(
            f"{prefix}TLS_CERTIFICATE_FILE", self.tls_certificate_file, f"{prefix}TLS_KEY_FILE", self.tls_key_file
        )
        return self


def require_pair(name: str, value: Path | None, other_name: str, other: Path | None) -> None:
    """Raise ValueError if one of two settings that belong together is missing."""
    if (value is None) != (other is None):
        missing, given = (name, other_name) if value is None else (other_name, name)
        raise ValueError(f"{given} needs {missing} as well")


AnySettings = TypeVar("AnySettings", bound=ServiceSettings)


def read_settings(kind: type[AnySettings]) -> AnySettings:
    """Return the settings of this process. If some are invalid, print a line for each and exit with status 2."""
    try:
        return kind()
    except UnusableSecret as error:
        sys.stderr.write(f"{error}\n")
    except ValidationError as error:
        for wrong in error.errors(include_url=False, include_input=False):
            if not wrong["loc"]:  # about several settings, which the message names
                sys.stderr.write(f"{wrong['msg'].removeprefix('Value error, ')}.\n")
                continue
            name = str(wrong["loc"][0])
            variable = name if name.isupper() else f"{kind.model_config['env_prefix']}{name.upper()}"
            sys.stderr.write(f"{variable}: {wrong['msg']}\n")
    sys.exit(2)
