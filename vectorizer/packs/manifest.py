"""The facts about each known model, from manifest.toml: files, licence, preprocessing, calibration, thresholds."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

SHORT_DIGEST = 12
"""Number of digits of a file's sha256 in a model's id."""


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Calibration(_Entry):
    """P(same person) at even prior = 1 / (1 + exp(-(slope * cosine + intercept)))."""

    slope: float = Field(gt=0)
    intercept: float


class Thresholds(_Entry):
    """Cosines from which a face is a match (false match rate 1e-5) or needs a review (1e-4)."""

    match: float = Field(ge=-1, le=1)
    review: float = Field(ge=-1, le=1)


class Tail(_Entry):
    """P(two people's cosine >= t) = rate * (1 + shape * (t - start) / scale) ** (-1 / shape) for t >= start.

    A generalized Pareto distribution above a high quantile, an exponential at shape 0.
    """

    start: float = Field(ge=-1, le=1)
    rate: float = Field(gt=0, lt=1)
    scale: float = Field(gt=0)
    shape: float = Field(gt=-1, lt=1)


class RecognizabilityManifest(_Entry):
    """The file of this package with the fitted numbers, and the recognizability below which a face matches nobody."""

    file: str
    floor: float = Field(ge=0, le=1)


class _Model(_Entry):
    name: str
    files: tuple[str, ...]
    sha256: tuple[str, ...]
    licence: str = Field(description="SPDX identifier, or LicenseRef- and a name.")
    allowed_use: str
    source: str
    input_shape: tuple[str | int, ...] | None = Field(
        default=None, description="Set for a block-quantised file, which is folded to fp32 with this input."
    )

    def id_of(self, sha256: str) -> str:
        """Return the id that marks results of the file with this digest: ``name@first-digits``."""
        return f"{self.name}@{sha256[:SHORT_DIGEST]}"


class DetectorManifest(_Model):
    """A face detector."""

    architecture: Literal["scrfd", "yunet"]
    score_threshold: float = Field(ge=0, le=1)
    upright_score: float = Field(
        ge=0,
        le=1,
        description="A face that scores less may be turned; no face that is turned by 90 degrees reaches it.",
    )
    suspect_score: float = Field(
        ge=0, le=1, description="A face among upright ones that scores less may be turned; most turned ones do."
    )
    upright_roll: float = Field(
        gt=0,
        description="Degrees by which landmarks may be tilted and still be exact; a face tilted more is turned.",
    )
    roll_gain: float = Field(gt=0, description="How many degrees a face is tilted for each by which its landmarks are.")


class EmbedderManifest(_Model):
    """An embedding network. Its input is 112 x 112 RGB pixels, (value - mean) / scale."""

    dimension: int = Field(gt=0)
    mean: float
    scale: float
    narrow_groups: bool = Field(
        default=False, description="Whether it has convolutions in groups of a few channels, which are widened."
    )
    calibrated: bool = Field(description="Whether the numbers below were measured with this model.")
    calibration: Calibration
    thresholds: Thresholds
    tail: Tail
    recognizability: RecognizabilityManifest | None = Field(default=None, description="None: not measured.")


AnyModel = DetectorManifest | EmbedderManifest


class PackManifest(_Entry):
    """A detector and an embedder to use together, by name."""

    detector: str
    embedder: str


class Manifest(_Entry):
    """The contents of manifest.toml."""

    detectors: tuple[DetectorManifest, ...]
    embedders: tuple[EmbedderManifest, ...]
    packs: dict[str, PackManifest]

    def known(self, sha256: str) -> AnyModel | None:
        """Return the model whose file has this digest, if any."""
        known: list[AnyModel] = [*self.detectors, *self.embedders]
        return next((model for model in known if sha256 in model.sha256), None)

    def most_cautious(self) -> EmbedderManifest:
        """Return the measured embedder with the highest threshold, whose numbers an unknown model gets."""
        return max((model for model in self.embedders if model.calibrated), key=lambda model: model.thresholds.match)

    def detector(self, name: str) -> DetectorManifest:
        """Return the detector of this name. Raises StopIteration if it is unknown."""
        return next(model for model in self.detectors if model.name == name)

    def embedder(self, name: str) -> EmbedderManifest:
        """Return the embedder of this name. Raises StopIteration if it is unknown."""
        return next(model for model in self.embedders if model.name == name)


@cache
def read_manifest() -> Manifest:
    """Read and validate the manifest of this package."""
    return Manifest.model_validate(
        tomllib.loads(files("vectorizer.packs").joinpath("manifest.toml").read_text("utf-8"))
    )
