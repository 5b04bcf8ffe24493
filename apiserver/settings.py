"""The gateway's configuration, from environment variables that begin with APISERVER_."""

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from apiserver.endpoints import read_endpoints


class Settings(BaseSettings):
    """Read once by __main__ and passed down."""

    model_config = SettingsConfigDict(env_prefix="APISERVER_", frozen=True, extra="forbid")

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    log_level: str = Field("info", pattern="^(debug|info|warning|error)$", description="Least severe line to log.")
    shutdown_timeout_seconds: PositiveInt = Field(20, description="How long requests may go on after SIGTERM.")

    max_image_bytes: PositiveInt = Field(20_000_000, description="Largest upload accepted.")
    upload_timeout_seconds: PositiveFloat = Field(60, description="How long a client may take to send its request.")

    vectorizer_urls: str = Field(
        "http://127.0.0.1:8081",
        description="The vectorizers, separated by commas; every address behind a host name counts as one.",
    )
    vectorizer_timeout_seconds: PositiveFloat = Field(
        30, description="How long an image may take in all, a second vectorizer included."
    )
    vectorizer_connections: PositiveInt = Field(
        100, description="Most connections to one vectorizer, each with one image; one more is answered 503 at once."
    )

    database_url: SecretStr = Field(description="PostgreSQL with the migrated schema, as postgresql://…")
    database_pool_size: PositiveInt = Field(10, description="Most connections to PostgreSQL.")
    database_timeout_seconds: PositiveFloat = Field(5, description="Longest wait for a connection or a statement.")

    image_store_url: str = Field(description="Object store for images: file:///…, s3://…, gs://… or az://…")
    image_store_timeout_seconds: PositiveFloat = Field(10, description="Longest wait for the object store.")

    recognized_retention_seconds: NonNegativeInt = Field(
        86_400, description="How long recognized images stay; 0: none."
    )
    staging_seconds: PositiveInt = Field(600, description="How long an image may wait for its enrolment to commit.")
    sweep_interval_seconds: PositiveFloat = Field(60, description="Time between two removals of expired images.")

    @field_validator("vectorizer_urls")
    @classmethod
    def _names_endpoints(cls, urls: str) -> str:
        read_endpoints(urls)
        return urls
