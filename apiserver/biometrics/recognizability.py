"""Whether a face can be recognized at all: the embeddings of faces that cannot be resemble each other.

Turned, blurred or dark faces form one cluster of embeddings, in which strangers match (Deng et al., "Harnessing
Unrecognizable Faces for Improving Face Recognition", WACV 2023). A floor keeps them from being recognized or enrolled.
"""

from enum import StrEnum

from apiserver.biometrics.model import Model


class UnknownReason(StrEnum):
    """Why a face is unknown regardless of its similarities."""

    UNRECOGNIZABLE = "unrecognizable"


def applied_floor(model: Model, setting: float | None) -> float | None:
    """Return the floor of faces under `model`: the directory's setting, 0 for off, or else the model's own.

    None for a model that does not measure recognizability.
    """
    if model.recognizability_floor is None or setting is None:
        return model.recognizability_floor
    return setting


def is_unrecognizable(recognizability: float | None, floor: float | None) -> bool:
    """Return whether a face is below the floor; one that was not measured is not."""
    return recognizability is not None and floor is not None and recognizability < floor


def unknown_reason(recognizability: float | None, floor: float | None) -> UnknownReason | None:
    """Return why a face is unknown before it is compared, None if nothing speaks against it."""
    return UnknownReason.UNRECOGNIZABLE if is_unrecognizable(recognizability, floor) else None
