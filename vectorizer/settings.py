"""What can be set from outside, by environment variables that begin with ``VECTORIZER_``."""

import sys
from pathlib import Path
from typing import Literal

from platformdirs import user_cache_path
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from vectorizer.models import Engine
from vectorizer.prepared_files import Precision
from vectorizer.runtimes import RuntimeChoice
from vectorizer.sessions import Provider


class Settings(BaseSettings):
    """Settings of the vectorizer. Built once, in ``__main__``."""

    model_config = SettingsConfigDict(env_prefix="VECTORIZER_", frozen=True, extra="forbid", validate_by_name=True)

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8081, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    models: str = Field("opencv", description="Model pack by name, or a folder in InsightFace's layout.")
    model_cache: Path = Field(
        default_factory=lambda: user_cache_path("faceserver"),
        description="Folder for downloaded packs and folded models.",
    )
    provider: Provider = Field(
        "cpu",
        description="Where networks run: `cpu`, `cuda`, or `tensorrt`, whose libraries are not installed with the "
        "rest. What is not there fails the start.",
    )
    runtime: RuntimeChoice = Field(
        "auto",
        description="What runs the embedder on a CPU: `onnxruntime`, `openvino`, `openvino-bf16`, or the fastest of "
        "them, measured once.",
    )
    precision: Precision = Field("fp32", description="`fp16` halves the precision, for GPUs that run it twice as fast.")
    batch: int = Field(
        0, ge=0, le=256, description="Most images in one run; 0 chooses: 1, no batching, on a CPU, 16 on a GPU."
    )
    batch_wait_ms: float = Field(3, ge=0, le=1000, description="Longest a run waits for others to join it.")
    lanes: int | None = Field(
        None, ge=1, description="Images worked on at once; one for each usable core if unset, or two batches."
    )
    waiting: int = Field(64, ge=0, description="Images that may wait for a lane; one more is answered 503 at once.")
    detector_size: int = Field(
        640,
        ge=32,
        le=4096,
        multiple_of=32,
        description="Longer side the detector sees, pixels; smaller images are not enlarged.",
    )
    max_image_bytes: int = Field(20_000_000, gt=0, description="Largest image file, bytes.")
    max_image_pixels: int = Field(50_000_000, gt=0, description="Largest image, width times height.")
    shutdown_timeout_seconds: int = Field(20, gt=0, description="How long requests may go on after SIGTERM.")
    metrics_host: str = Field("127.0.0.1", description="Address at which the metrics are served.")
    metrics_port: int | None = Field(
        None, ge=1, le=65535, description="Port at which the metrics are served; they are not if unset."
    )
    log_level: str = Field("info", pattern="^(debug|info|warning|error)$", description="Least severe line to log.")
    log_format: Literal["text", "json"] = Field("text", description="How lines are logged: `text` or `json`.")
    otlp_endpoint: str | None = Field(
        None,
        validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT",
        pattern="^https?://.+$",
        description="Where traces are sent by OTLP over HTTP, such as http://collector:4318; none are if unset.",
    )

    @field_validator("otlp_endpoint", mode="before")
    @classmethod
    def _empty_is_unset(cls, endpoint: object) -> object:
        return endpoint or None

    def engine(self) -> Engine:
        """Return where and how the networks are to run."""
        return Engine(
            provider=self.provider,
            precision=self.precision,
            batch=self.batch or (1 if self.provider == "cpu" else 16),
            batch_wait_seconds=self.batch_wait_ms / 1000,
            runtime=self.runtime,
            detector_size=self.detector_size,
        )


def read_settings() -> Settings:
    """Return the settings of this process, or end it with a line for each that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        for wrong in error.errors(include_url=False, include_input=False):
            name = str(wrong["loc"][0])
            sys.stderr.write(f"{name if name.isupper() else 'VECTORIZER_' + name.upper()}: {wrong['msg']}\n")
        sys.exit(2)
