"""The gateway's configuration, from environment variables that begin with APISERVER_."""

import re
import sys
from pathlib import Path
from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from apiserver.endpoints import read_endpoints
from apiserver.open_set import LEAST_FPIR, MOST_FPIR

_HOST = r"(\[[0-9A-Fa-f:.]+\]|[^:/?#@,\[\]]*)(:[0-9]{1,5})?"
_DATABASE_URL = re.compile(rf"postgres(ql)?://([^/?#]*@)?{_HOST}(,{_HOST})*(/[^?#]*)?(\?[^#]*)?")
_IMAGE_STORE_URL = re.compile(r"(file|memory):///.*|(s3|gs|az)://[^/]+.*")


class Settings(BaseSettings):
    """Read once by __main__ and passed down."""

    model_config = SettingsConfigDict(env_prefix="APISERVER_", frozen=True, extra="forbid", validate_by_name=True)

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    log_level: str = Field("info", pattern="^(debug|info|warning|error)$", description="Least severe line to log.")
    log_format: Literal["text", "json"] = Field("text", description="How lines are logged: `text` or `json`.")
    otlp_endpoint: str | None = Field(
        None,
        validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT",
        pattern="^https?://.+$",
        description="Where traces are sent by OTLP over HTTP, such as http://collector:4318; none are if unset.",
    )
    drain_seconds: float = Field(
        0, ge=0, description="How long the gateway serves on after SIGTERM, not ready any more, keeping no connection."
    )
    shutdown_timeout_seconds: PositiveInt = Field(20, description="How long requests may go on after that.")
    metrics_host: str = Field("127.0.0.1", description="Address at which gateway or worker serve their metrics.")
    metrics_port: int | None = Field(
        None, ge=1, le=65535, description="Port at which the gateway serves its metrics; it does not if unset."
    )

    max_requests: PositiveInt = Field(
        256,
        description="Requests with photographs in work at once, all in memory; one of several photographs counts as "
        "many times as it holds the largest upload. One more is answered 503 at once.",
    )
    max_image_bytes: PositiveInt = Field(20_000_000, description="Largest upload accepted.")
    upload_timeout_seconds: PositiveFloat = Field(60, description="How long a client may take to send its request.")

    fpir: float = Field(
        0.001,
        ge=LEAST_FPIR,
        le=MOST_FPIR,
        description="Share of strangers that may be named, for directories that set nothing else.",
    )

    directories_on_learn: bool = Field(
        True, description="Whether a directory is made by its first enrolment; if not, PUT makes directories alone."
    )

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

    search_exact_faces: NonNegativeInt = Field(
        2_000, description="Directories of up to so many faces are searched exactly, larger ones by codes first."
    )
    search_index_faces: PositiveInt = Field(
        50_000, description="From so many faces on a directory gets indexes of its own, codes and a graph."
    )
    search_candidates: PositiveInt = Field(
        800, description="Most faces a probe is compared with exactly after their codes; small directories need fewer."
    )
    search_graph_candidates: int = Field(
        200, ge=0, le=1000, description="How widely a graph is searched for each probe (`hnsw.ef_search`); 0: never."
    )
    search_parallel_workers: NonNegativeInt = Field(
        2, description="Most parallel workers of PostgreSQL that scan a large directory for one request."
    )
    search_recall: float = Field(
        0.99, ge=0, le=1, description="Directories whose checked answers are right less often are searched harder."
    )
    search_checked_share: float = Field(
        0.01, ge=0, le=1, description="Share of inexact answers compared with exact ones, beside the requests."
    )

    recognized_retention_seconds: NonNegativeInt = Field(
        86_400, description="How long recognized images stay; 0 keeps none."
    )
    staging_seconds: PositiveInt = Field(600, description="How long an image may wait for its enrolment to commit.")

    max_import_bytes: PositiveInt = Field(10_000_000_000, description="Largest archive accepted for an import.")
    max_import_files: PositiveInt = Field(
        200_000,
        description="Most files in an archive, or entries in a manifest; of a bundle, faces and photographs.",
    )
    max_import_expansion: PositiveInt = Field(
        100, description="An archive that unpacks to more than so many times its size is refused."
    )
    import_concurrency: PositiveInt = Field(
        16,
        description="Photographs of an import in work at once, all in memory; as a rule, twice as many as the "
        "vectorizers have lanes.",
    )
    export_retention_hours: PositiveInt = Field(24, description="How long the bundle of an export can be fetched.")

    worker_jobs: PositiveInt = Field(2, description="Most jobs a worker runs at once, beside its own upkeep.")
    worker_metrics_port: int | None = Field(
        None, ge=1, le=65535, description="Port at which the worker serves its metrics; it does not if unset."
    )
    worker_alive_file: Path | None = Field(
        None, description="A file that the worker touches as long as it lives, for a probe to look at."
    )
    job_lost_seconds: float = Field(
        30, ge=1, description="A worker not heard of for so long is taken for dead, and its jobs are run again."
    )
    job_retention_hours: PositiveInt = Field(168, description="How long a finished job can be asked about.")

    @field_validator("otlp_endpoint", mode="before")
    @classmethod
    def _empty_is_unset(cls, endpoint: object) -> object:
        return endpoint or None

    @field_validator("vectorizer_urls")
    @classmethod
    def _names_endpoints(cls, urls: str) -> str:
        read_endpoints(urls)
        return urls

    @field_validator("database_url")
    @classmethod
    def _names_a_database(cls, url: SecretStr) -> SecretStr:
        if not _DATABASE_URL.fullmatch(url.get_secret_value()):
            raise ValueError("it is not of the form postgresql://user:password@host:port/database")
        return url

    @field_validator("image_store_url")
    @classmethod
    def _names_a_store(cls, url: str) -> str:
        if not _IMAGE_STORE_URL.fullmatch(url):
            raise ValueError("it is not of the form file:///…, s3://…, gs://… or az://…")
        return url


def read_settings() -> Settings:
    """Return the settings of this process, or end it with a line for each that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        for wrong in error.errors(include_url=False, include_input=False):
            name = str(wrong["loc"][0])
            sys.stderr.write(f"{name if name.isupper() else 'APISERVER_' + name.upper()}: {wrong['msg']}\n")
        sys.exit(2)
