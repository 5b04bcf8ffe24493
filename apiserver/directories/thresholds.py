"""The thresholds of a search, from the settings and the size of its directory and from the model."""

from dataclasses import dataclass
from enum import StrEnum

from apiserver.biometrics.model import Model, Thresholds
from apiserver.biometrics.open_set import thresholds_at
from apiserver.biometrics.recognizability import applied_floor
from apiserver.directories.settings import DirectorySettings


class Source(StrEnum):
    """Where the match threshold comes from; an earlier one takes precedence."""

    REQUEST = "request"
    THRESHOLD = "directory-threshold"
    FPIR = "directory-fpir"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Applied:
    """The thresholds of one search and where they come from.

    fpir: the rate that `match` is made for, unless it was set directly; `review` is made for ten times that rate.
    faces: the number of enrolled faces on which the rates are based. floor: faces below this recognizability are
    unknown; None if the model does not measure it.
    """

    thresholds: Thresholds
    source: Source
    fpir: float
    faces: int
    floor: float | None = None


def apply(
    model: Model, settings: DirectorySettings, default_fpir: float, faces: int, requested: float | None = None
) -> Applied:
    """Return the thresholds of a search among `faces`.

    The request's threshold takes precedence over the directory's threshold, that over the directory's rate, and that
    over the default rate. A threshold set for another model is ignored: its cosine means nothing under this one.
    """
    fpir = settings.fpir if settings.fpir is not None else default_fpir
    by_rate = thresholds_at(model.tail, fpir, faces)
    floor = applied_floor(model, settings.recognizability_floor)
    if requested is not None:
        return Applied(by_rate.with_match(requested), Source.REQUEST, fpir, faces, floor)
    if settings.threshold is not None and settings.threshold_model == model.id:
        return Applied(by_rate.with_match(settings.threshold), Source.THRESHOLD, fpir, faces, floor)
    return Applied(by_rate, Source.DEFAULT if settings.fpir is None else Source.FPIR, fpir, faces, floor)
