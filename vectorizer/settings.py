"""Configuration of the vectorizer, read from environment variables that begin with VECTORIZER_."""

import sys
from pathlib import Path
from typing import Literal

from platformdirs import user_cache_path
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from vectorizer.networks.models import Engine
from vectorizer.networks.runtimes import RuntimeChoice
from vectorizer.networks.sessions import Provider
from vectorizer.packs.prepared_files import Precision


class Settings(BaseSettings):
    """Settings of one process; `__main__` reads them once and passes them on."""

    model_config = SettingsConfigDict(env_prefix="VECTORIZER_", frozen=True, extra="forbid", validate_by_name=True)

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8081, ge=0, le=65535, description="Port to listen on; 0 chooses a free port.")
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
        description="What runs the embedder on a CPU: `onnxruntime`, `openvino`, `openvino-bf16`, or `auto`, the "
        "fastest of them, measured once.",
    )
    precision: Precision = Field("fp32", description="`fp32`, or `fp16`, which GPUs can run twice as fast.")
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
    max_image_bytes: int = Field(20_000_000, gt=0, description="Maximum size of an image file, bytes.")
    max_image_pixels: int = Field(
        50_000_000, gt=0, description="Maximum number of pixels of an image, width times height."
    )
    shutdown_timeout_seconds: int = Field(20, gt=0, description="Requests may still run for this long after SIGTERM.")
    metrics_host: str = Field("127.0.0.1", description="Address at which the vectorizer serves its metrics.")
    metrics_port: int | None = Field(
        None, ge=1, le=65535, description="Port at which the vectorizer serves its metrics. Unset: no metrics."
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

    @field_validator("otlp_endpoint", mode="before")
    @classmethod
    def _empty_is_unset(cls, endpoint: object) -> object:
        return endpoint or None

    def engine(self) -> Engine:
        """Return where and how the networks run."""
        return Engine(
            provider=self.provider,
            precision=self.precision,
            batch=self.batch or (1 if self.provider == "cpu" else 16),
            batch_wait_seconds=self.batch_wait_ms / 1000,
            runtime=self.runtime,
            detector_size=self.detector_size,
        )


def read_settings() -> Settings:
    """Return the settings of this process. If some are invalid, print a line for each and exit with status 2."""
    try:
        return Settings()
    except ValidationError as error:
        for wrong in error.errors(include_url=False, include_input=False):
            name = str(wrong["loc"][0])
            sys.stderr.write(f"{name if name.isupper() else 'VECTORIZER_' + name.upper()}: {wrong['msg']}\n")
        sys.exit(2)
