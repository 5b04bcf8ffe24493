"""Settings of the standalone stack: options of the command, or FACESERVER_* in the environment."""

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from faceserver.problems import StartError
from serving.secret_files import SettingsWithSecrets, UnusableSecret, read_secret

Port = Annotated[int, Field(ge=1, le=65535)]


class Settings(SettingsWithSecrets):
    """Settings of the standalone stack."""

    model_config = SettingsConfigDict(env_prefix="FACESERVER_", frozen=True, extra="forbid")

    data: Path = Field(default=Path("data"), description="Folder for the database and the images.")
    host: str = Field(default="127.0.0.1", description="Address the gateway listens on.")
    port: Port = Field(default=8080, description="Port the gateway listens on.")
    models: str = Field(default="opencv", description="Model pack, by name or as a folder in InsightFace's layout.")
    database_url: SecretStr | None = Field(
        default=None, description="DSN of a PostgreSQL with pgvector; without one, an embedded server is run."
    )
    page: bool = Field(default=True, description="Whether the gateway serves the web page at `/`.")
    require_keys: bool = Field(default=False, description="Whether calls require a key on loopback, too.")
    insecure_open: bool = Field(
        default=False, description="Whether everybody who reaches the address may do everything without a key."
    )
    tls_certificate: Path | None = Field(
        default=None,
        description="File of the certificate (PEM) with which the gateway serves HTTPS.",
    )
    tls_key: Path | None = Field(
        default=None,
        description="File of the certificate's private key (PEM).",
    )

    @field_validator("tls_certificate", "tls_key", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        return value or None

    @model_validator(mode="after")
    def _has_both_parts(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("HTTPS needs both --tls-certificate and --tls-key")
        return self

    @property
    def scheme(self) -> str:
        """How the gateway is spoken to."""
        return "https" if self.tls_certificate else "http"


def read_settings(options: dict[str, Any]) -> Settings:
    """Return the settings that the options and the environment give. Raises StartError."""
    try:
        return Settings(**options)
    except UnusableSecret as error:
        raise StartError(str(error)) from error
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}".removeprefix(": ") for fault in error.errors()]
        raise StartError(f"The settings are not valid ({'; '.join(faults)}).") from error


def database_url(given: str | None, file: Path | None) -> str | None:
    """Return the DSN that the options `--database-url` and `--database-url-file` give. Raises StartError."""
    if file is None:
        return given
    if given is not None:
        raise StartError("--database-url and --database-url-file are both given; give one of them.")
    try:
        return read_secret(file, "--database-url-file")
    except UnusableSecret as error:
        raise StartError(str(error)) from error


class ServicesSettings(BaseSettings):
    """Settings of the services that the stack has to know; of the health ports, it chooses those not set."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    apiserver_health_port: Port | None = None
    vectorizer_health_port: Port | None = None
    apiserver_tls_certificate_file: str = ""
    apiserver_require_keys: bool = False
    apiserver_page: bool = True
    apiserver_insecure_open: bool = False
    apiserver_oidc_issuer: str = ""


class MasterKeyFile(BaseSettings):
    """The file with the master key, which gateway and worker read, if it is set."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    apiserver_master_key_file: Path | None = None

    def require_apart(self, data: Path) -> None:
        """Raise StartError if the file is in the data folder."""
        file = self.apiserver_master_key_file
        if file and file.resolve().is_relative_to(data.resolve()):
            raise StartError(
                f"The master key file {file} is in the data folder {data}: a copy of the data would contain the key. "
                "Keep it elsewhere."
            )
