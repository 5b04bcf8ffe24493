"""Configuration of the gateway and the worker, read from environment variables that begin with APISERVER_."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Self

from pydantic import (
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import SettingsConfigDict

from apiserver.biometrics.open_set import MAX_FPIR, MIN_FPIR
from apiserver.database.pool import Pooler
from apiserver.settings.access import AccessSettings
from apiserver.settings.buckets import Bucket, read_buckets
from apiserver.settings.endpoints import read_endpoints
from apiserver.settings.proxies import read_base_path, read_networks
from serving.origins import read_origins
from serving.secret_files import require_token
from serving.settings import require_pair

_HOST = r"(\[[0-9A-Fa-f:.]+\]|[^:/?#@,\[\]]*)(:[0-9]{1,5})?"
_DATABASE_URL = re.compile(rf"postgres(ql)?://([^/?#]*@)?{_HOST}(,{_HOST})*(/[^?#]*)?(\?[^#]*)?")
_IMAGE_STORE_URL = re.compile(r"(file|memory):///.*|(s3|gs|az)://[^/]+.*")

FACADES = ("compreface", "rekognition")


class Settings(AccessSettings):
    """Settings of the gateway and the worker."""

    model_config = SettingsConfigDict(env_prefix="APISERVER_")

    port: int = Field(8080, ge=0, le=65535, description="Port to listen on; 0 chooses a free port.")
    drain_seconds: float = Field(
        0,
        ge=0,
        description="After SIGTERM, the gateway reports that it is not ready and continues to serve for this long. It "
        "closes each connection after its response.",
    )
    root_path: str = Field(
        "",
        description="Path below which a proxy publishes the service, such as `/faces`. Whether the proxy removes it "
        "from the path makes no difference.",
    )
    trusted_proxies: str = Field(
        "",
        description="Addresses and networks of proxies, separated by commas, whose `X-Forwarded-Prefix` takes "
        "precedence over the root path, whose `X-Forwarded-Host` and `X-Forwarded-Proto` are the host and scheme that "
        "clients use, and whose `Forwarded` or `X-Forwarded-For` names the client. Other clients' headers are ignored.",
    )
    max_connections_per_address: NonNegativeInt = Field(
        256,
        description="Maximum number of connections of one client address (IPv6: of one network of 64 bits); behind a "
        "trusted proxy, of requests in progress. Beyond it, slow connections are closed, or new ones are answered 503. "
        "0: no limit.",
    )
    origins: str = Field(
        "",
        description="Origins of web apps that may call the service from a browser, separated by commas, such as "
        "`https://app.example.org` or `http://localhost:3000`. Pages of other origins cannot read answers, and "
        "their changes are answered 403.",
    )

    page: bool = Field(
        True,
        description="Whether the web page is served, at `/` and below `/app`. Its data require a key if calls do.",
    )

    facades: str = Field(
        "",
        description="Protocols of other services that the gateway also answers, separated by commas: `compreface` "
        "(1.2, below `/api/v1`), `rekognition` (`POST /`). Their clients then need only a new URL and key.",
    )

    rekognition_buckets: str = Field(
        "",
        description="Buckets whose objects clients of Rekognition may name as `S3Object`, separated by commas: "
        "`BUCKET=URL` for keys for all directories, `DIRECTORY/BUCKET=URL` also for keys for that directory, such as "
        "`photos=s3://photos` or `acme/photos=file:///srv/photos`. Objects of other buckets are refused.",
    )

    log_names: bool = Field(
        False,
        description="Whether log lines and traces contain the paths of requests, which name directories and persons. "
        "If false, they contain the route and a keyed hash of each name.",
    )
    log_key: SecretStr | None = Field(
        None,
        min_length=16,
        description="Key of these hashes: give all gateways the same one to find a name in all their logs. Unset: "
        "each start chooses one.",
    )

    max_requests: PositiveInt = Field(
        256,
        description="Maximum number of photograph requests in progress, all in memory. A request with several "
        "photographs counts once for each `APISERVER_MAX_IMAGE_BYTES` of its size, and a request that is still "
        "arriving counts by its received bytes. Further requests are answered 503 at once.",
    )
    max_bytes_in_progress: PositiveInt | None = Field(
        None,
        description="Maximum total size of the bodies of photograph requests in progress; one client may use half of "
        "it. While forms are parsed, they take twice as much memory. Further requests are answered 503 at once. "
        "Unset: a quarter of the memory of the container or machine.",
    )
    max_image_bytes: PositiveInt = Field(32_000_000, description="Maximum size of an uploaded image.")

    fpir: float = Field(
        0.001,
        ge=MIN_FPIR,
        le=MAX_FPIR,
        description="Maximum share of strangers that may be named, for directories that do not set it themselves.",
    )

    directories_on_learn: bool = Field(
        True,
        description="If true, the first enrolment creates a directory. If false, only PUT creates directories.",
    )

    vectorizer_urls: str = Field(
        "http://127.0.0.1:8081",
        description="URLs of the vectorizers, separated by commas. Each address of a host name is one vectorizer.",
    )
    vectorizer_secret: SecretStr | None = Field(
        None, min_length=16, description="The `VECTORIZER_SECRET` of the vectorizers. Unset: none is sent."
    )
    vectorizer_ca_file: Path | None = Field(
        None,
        description="File of the authority (PEM) that signs the certificates of vectorizers at `https://` URLs, whose "
        "names must be those of the URLs. Unset: the authorities of the system.",
    )
    vectorizer_certificate_file: Path | None = Field(
        None, description="File of the gateway's own certificate (PEM), for vectorizers that ask for one."
    )
    vectorizer_key_file: Path | None = Field(
        None, description="File of that certificate's private key (PEM, not encrypted)."
    )
    vectorizer_timeout_seconds: PositiveFloat = Field(
        30, description="Maximum time for one image, including a retry at a second vectorizer."
    )
    vectorizer_connections: PositiveInt = Field(
        100,
        description="Maximum number of connections to one vectorizer; each carries one image. Images beyond it are "
        "answered 503 at once.",
    )

    database_url: SecretStr = Field(description="PostgreSQL database with the migrated schema: postgresql://…")
    database_pool_size: PositiveInt = Field(
        10,
        description="Maximum number of connections to PostgreSQL. A photograph of many faces uses two at a time.",
    )
    database_pooler: Pooler = Field(
        Pooler.NONE,
        description="Connection pooler between this service and PostgreSQL: `none`, or the mode of a pooler such as "
        "PgBouncer, `session` or `transaction`.",
    )
    database_timeout_seconds: PositiveFloat = Field(5, description="Maximum wait for a connection or a statement.")

    image_store_url: str = Field(description="Object store for images: file:///…, s3://…, gs://… or az://…")
    image_store_timeout_seconds: PositiveFloat = Field(10, description="Maximum wait for the object store.")
    image_store_keep_timeout_seconds: PositiveFloat = Field(
        0.5,
        description="Maximum time to store a recognized photograph, proportionally longer beyond 4 MB. If this fails, "
        "the answer has a warning instead of a URL.",
    )
    image_store_retry_seconds: PositiveFloat = Field(
        5,
        description="After a failure of the image store, recognized photographs are not kept for this long; after a "
        "hang, files are not read either. Then one request tries the store again.",
    )
    image_store_min_free_bytes: NonNegativeInt | None = Field(
        None,
        description="Free space on the disk of a `file://` store below which recognized photographs are not kept; "
        "below half of it, only recognition and deletions continue. Unset: a tenth of the disk, from 100 MB to 4 GB. "
        "0: no limit.",
    )

    master_key_file: Path | None = Field(
        None,
        description="File with the master key of encryption at rest: 32 bytes in base64 (`openssl rand -base64 32`). "
        "Further lines contain older keys, which are used for decryption only. The file must not be in the data "
        "folder.",
    )
    master_key: SecretStr | None = Field(
        None, description="The same keys as a value, separated by commas, the newest first."
    )
    master_key_command: str | None = Field(
        None,
        min_length=1,
        description="Command of a key management service that wraps and unwraps the keys of directories; it takes "
        "precedence for new ones. If none of these three settings is present, nothing is encrypted.",
    )

    search_exact_faces: NonNegativeInt = Field(
        2_000,
        description="Directories with at most this many faces are searched exactly, larger ones by their codes first.",
    )
    search_index_faces: PositiveInt = Field(
        50_000,
        description="Directories with at least this many faces get their own indexes: codes, and a graph if their "
        "codes do not fit into the memory of a gateway.",
    )
    search_cache_bytes: NonNegativeInt = Field(
        256 * 2**20,
        description="Memory of each gateway for the codes of directories that are too large to be searched exactly; "
        "80 bytes for each face with 512 numbers. Directories whose codes fit need no graph. 0: no codes are kept.",
    )
    search_candidates: PositiveInt = Field(
        800,
        description="Maximum number of faces whose embeddings are compared with a probe after the search by codes; "
        "small directories need fewer.",
    )
    search_graph_candidates: int = Field(
        200,
        ge=0,
        le=1000,
        description="Candidates of a graph search for each probe (`hnsw.ef_search`). 0: graphs are not used.",
    )
    search_parallel_workers: NonNegativeInt = Field(
        2, description="Maximum number of parallel PostgreSQL workers that scan a large directory for one request."
    )
    search_recall: float = Field(
        0.99,
        ge=0,
        le=1,
        description="Minimum share of correct answers among those checked; below it, more candidates of the directory "
        "are compared.",
    )
    search_checked_share: float = Field(
        0.01,
        ge=0,
        le=1,
        description="Share of approximate answers that are compared with exact ones in the background.",
    )

    recognized_retention_seconds: NonNegativeInt = Field(
        86_400, description="How long recognized images are kept. 0: they are not kept."
    )
    staging_seconds: PositiveInt = Field(
        600, description="How long a stored image may wait until its enrolment commits."
    )

    max_import_bytes: PositiveInt = Field(10_000_000_000, description="Maximum size of an archive to import.")
    max_import_files: PositiveInt = Field(
        200_000,
        description="Maximum number of files in an archive, entries in a manifest, or faces and photographs in a "
        "bundle.",
    )
    max_import_expansion: PositiveInt = Field(
        100, description="Archives that unpack to more than this many times their size are refused."
    )
    import_concurrency: PositiveInt = Field(
        16,
        description="Photographs of an import processed at once, all in memory. Recommended: twice the number of "
        "lanes of all vectorizers.",
    )
    export_retention_hours: PositiveInt = Field(24, description="How long the bundle of an export can be downloaded.")

    audit_recognitions: Literal["all", "matches", "none"] = Field(
        "matches",
        description="Which recognitions leave an entry in the audit: all, those that named somebody, or none.",
    )
    audit_retention_days: PositiveInt = Field(400, description="How long entries of the audit are kept.")

    worker_jobs: PositiveInt = Field(
        2,
        description="Maximum number of jobs of each kind (imports, exports, deletions, index builds, comparisons) that "
        "a worker runs at once.",
    )
    job_turn_seconds: float = Field(
        30,
        ge=0,
        description="How long an import or a deletion runs before it lets those of other directories run, if any wait.",
    )
    worker_metrics_port: int | None = Field(
        None, ge=1, le=65535, description="Port at which the worker serves its metrics. Unset: no metrics."
    )
    worker_alive_file: Path | None = Field(
        None, description="A file that the worker touches while it is alive; a liveness probe can check its age."
    )
    job_lost_seconds: float = Field(
        30,
        ge=1,
        description="A worker without a heartbeat for this long is considered dead, and its jobs are run again.",
    )
    job_retention_hours: PositiveInt = Field(168, description="How long the record of a finished job is kept.")

    @property
    def encrypts(self) -> bool:
        """Whether a master key is set."""
        return bool(self.master_key_file or self.master_key or self.master_key_command)

    @property
    def facade_names(self) -> Sequence[str]:
        """The names in `facades`, each once."""
        return tuple(dict.fromkeys(name.strip() for name in self.facades.split(",") if name.strip()))

    @field_validator(
        "vectorizer_secret",
        "vectorizer_ca_file",
        "vectorizer_certificate_file",
        "vectorizer_key_file",
        "log_key",
        mode="before",
    )
    @classmethod
    def _unset_if_empty(cls, value: object) -> object:
        return value or None

    @model_validator(mode="after")
    def _has_both_parts_for_vectorizers(self) -> Self:
        require_pair(
            "APISERVER_VECTORIZER_CERTIFICATE_FILE",
            self.vectorizer_certificate_file,
            "APISERVER_VECTORIZER_KEY_FILE",
            self.vectorizer_key_file,
        )
        return self

    @field_validator("vectorizer_secret")
    @classmethod
    def _fits_a_header(cls, secret: SecretStr | None) -> SecretStr | None:
        return require_token(secret)

    @field_validator("root_path")
    @classmethod
    def _is_a_base_path(cls, path: str) -> str:
        return read_base_path(path)

    @property
    def rekognition_bucket_list(self) -> tuple[Bucket, ...]:
        """The buckets in `rekognition_buckets`."""
        return read_buckets(self.rekognition_buckets)

    @field_validator("rekognition_buckets")
    @classmethod
    def _names_buckets(cls, buckets: str) -> str:
        read_buckets(buckets)
        return buckets

    @field_validator("facades")
    @classmethod
    def _names_facades(cls, facades: str) -> str:
        for name in filter(None, map(str.strip, facades.split(","))):
            if name not in FACADES:
                raise ValueError(f"{name!r} is not one of {', '.join(FACADES)}")
        return facades

    @field_validator("trusted_proxies")
    @classmethod
    def _names_networks(cls, networks: str) -> str:
        read_networks(networks)
        return networks

    @field_validator("origins")
    @classmethod
    def _names_origins(cls, origins: str) -> str:
        read_origins(origins)
        return origins

    @field_validator("vectorizer_urls")
    @classmethod
    def _names_endpoints(cls, urls: str) -> str:
        read_endpoints(urls)
        return urls

    @field_validator("database_url")
    @classmethod
    def _names_a_database(cls, url: SecretStr) -> SecretStr:
        if not _DATABASE_URL.fullmatch(url.get_secret_value()):
            raise ValueError("must have the form postgresql://user:password@host:port/database")
        return url

    @field_validator("image_store_url")
    @classmethod
    def _names_a_store(cls, url: str) -> str:
        if not _IMAGE_STORE_URL.fullmatch(url):
            raise ValueError("must have the form file:///…, s3://…, gs://… or az://…")
        return url
