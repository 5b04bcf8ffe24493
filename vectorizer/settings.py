"""Configuration of the vectorizer, read from environment variables that begin with VECTORIZER_."""

from pathlib import Path
from typing import Self

from platformdirs import user_cache_path
from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from serving.secret_files import require_token
from serving.settings import ServiceSettings
from vectorizer.decoding.budget import Limits
from vectorizer.decoding.formats import Format
from vectorizer.networks.models import Engine
from vectorizer.networks.runtimes import DetectorRuntimeChoice, RuntimeChoice
from vectorizer.networks.sessions import Provider
from vectorizer.packs.prepared_files import Precision


class Settings(ServiceSettings):
    """Settings of the vectorizer."""

    model_config = SettingsConfigDict(env_prefix="VECTORIZER_")

    port: int = Field(8081, ge=0, le=65535, description="Port to listen on; 0 chooses a free port.")
    secret: SecretStr | None = Field(
        None,
        min_length=16,
        description="Secret that callers must send as `Authorization: Bearer …`, except for health checks; gateways "
        "send `APISERVER_VECTORIZER_SECRET`. Unset: every caller is answered.",
    )
    tls_client_ca_file: Path | None = Field(
        None,
        description="File of the authority (PEM) that signs the certificates of gateways; no other clients can "
        "connect. Requires a certificate of the vectorizer.",
    )
    commercial_use: bool = Field(
        False, description="Whether the service is used commercially: models whose licence forbids it are refused."
    )
    models: str = Field("opencv", description="Model pack by name, or a folder in InsightFace's layout.")
    model_cache: Path = Field(
        default_factory=lambda: user_cache_path("faceserver"),
        description="Folder for downloaded packs and folded models.",
    )
    provider: Provider = Field(
        "cpu",
        description="Where networks run: `cpu`, `cuda`, or `tensorrt`, whose libraries have to be installed "
        "separately. The service does not start if the chosen provider is not available.",
    )
    runtime: RuntimeChoice = Field(
        "auto",
        description="Runtime of the embedder on a CPU: `onnxruntime`, `openvino`, `openvino-bf16`, or `auto`, the "
        "fastest of them, measured once.",
    )
    detector_runtime: DetectorRuntimeChoice = Field(
        "auto",
        description="Runtime of the detector on a CPU: `onnxruntime`, `openvino`, or `auto`, the faster of them for "
        "each size of image, measured once. `auto-bf16` also uses bfloat16 where the processor supports it and it is "
        "faster; landmarks are then less exact.",
    )
    precision: Precision = Field(
        "fp32", description=("Precision of the networks: `fp32`, or `fp16`, which GPUs can run twice as fast.")
    )
    batch: int = Field(
        0,
        ge=0,
        le=256,
        description="Maximum number of images per batch; 0 chooses 1 on a CPU, that is, no batching, and 16 on a GPU.",
    )
    batch_wait_ms: float = Field(3, ge=0, le=1000, description="How long a batch waits for more images, milliseconds.")
    lanes: int | None = Field(
        None, ge=1, description="Images processed at once. Unset: one per usable core; with batching, two batches."
    )
    waiting: int = Field(
        64, ge=0, description="Maximum number of images that wait for a lane. Further images are answered 503 at once."
    )
    detector_size: int = Field(
        640,
        ge=32,
        le=4096,
        multiple_of=32,
        description="Longer side of the image that the detector sees, pixels; smaller images are not enlarged.",
    )
    max_image_bytes: int = Field(32_000_000, gt=0, description="Maximum size of an image file, bytes.")
    max_image_pixels: int = Field(
        67_000_000,
        gt=0,
        description="Maximum pixels of an image, width times height. In every lane, an image takes up to 3.75 bytes "
        "of memory per pixel in addition to the memory of its decoder. Images with more than half of this limit use "
        "all lanes but one.",
    )
    decoder_memory_bytes: int = Field(
        700_000_000,
        ge=100_000_000,
        description="Memory that one image may take to decode, bytes, in every lane. An image that takes more is "
        "answered 422 (`image-too-costly`).",
    )
    decoder_seconds: float = Field(
        2,
        ge=0.1,
        le=60,
        description="Processor time that one image may take to decode, seconds; two or three times as long, by format, "
        "for files of more than 2 MB. An image that takes longer is answered 422 (`image-too-costly`).",
    )
    max_image_side: int = Field(30_000, gt=0, description="Maximum width, and maximum height, of an image, pixels.")
    image_formats: str = Field(
        ",".join(Format),
        description="Formats that are read, separated by commas. Files of other formats are refused before a decoder "
        "sees them.",
    )
    max_faces: int = Field(
        300,
        ge=2,
        description="Maximum number of faces of an image that are embedded, the largest ones; `faces_omitted` of an "
        "answer counts the others.",
    )

    @field_validator("tls_client_ca_file", "secret", mode="before")
    @classmethod
    def _unset_if_empty(cls, value: object) -> object:
        return value or None

    @field_validator("secret")
    @classmethod
    def _fits_a_header(cls, secret: SecretStr | None) -> SecretStr | None:
        return require_token(secret)

    @model_validator(mode="after")
    def _has_a_certificate(self) -> Self:
        if self.tls_client_ca_file and not self.tls_certificate_file:
            raise ValueError("VECTORIZER_TLS_CLIENT_CA_FILE needs VECTORIZER_TLS_CERTIFICATE_FILE as well")
        return self

    @field_validator("image_formats")
    @classmethod
    def _known(cls, names: str) -> str:
        if unknown := set(names.split(",")) - set(Format):
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}; known are {', '.join(Format)}")
        return names

    def limits(self) -> Limits:
        """Return what an image may be."""
        return Limits(
            max_bytes=self.max_image_bytes,
            max_pixels=self.max_image_pixels,
            max_side=self.max_image_side,
            formats=frozenset(map(Format, self.image_formats.split(","))),
            max_faces=self.max_faces,
        )

    def engine(self) -> Engine:
        """Return where and how the networks run."""
        return Engine(
            provider=self.provider,
            precision=self.precision,
            batch=self.batch or (1 if self.provider == "cpu" else 16),
            batch_wait_seconds=self.batch_wait_ms / 1000,
            runtime=self.runtime,
            detector_runtime=self.detector_runtime,
            detector_size=self.detector_size,
        )
