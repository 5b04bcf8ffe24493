"""The plot of a calibration."""

from xml.etree import ElementTree as ET

from faceserver.calibration.error_plot import CURVES, draw
from faceserver.calibration.error_rates import Errors, share

SVG = "{http://www.w3.org/2000/svg}"


def rates(*thresholds: float) -> list[Errors]:
    return [Errors(t, share(1 - t, 10), share(t, 10), share(1 - t, 10), share(t, 10)) for t in thresholds]


def texts(picture: ET.Element) -> list[str]:
    return [text.text or "" for text in picture.iter(f"{SVG}text")]


def test_a_curve_for_each_rate_and_a_line_for_each_threshold():
    picture = ET.fromstring(draw(rates(0, 0.5, 1), {"match": 0.5, "review": 0.25}, "ann & <bo>"))  # noqa: S314

    curves = [curve.attrib["points"].split() for curve in picture.iter(f"{SVG}polyline")]
    assert [len(points) for points in curves] == [3] * len(CURVES)
    assert {"ann & <bo>", "match 0.500", "review 0.250"} <= set(texts(picture))


def test_a_rate_of_zero_lies_on_the_lowest_line():
    picture = ET.fromstring(draw(rates(0, 1), {}, ""))  # noqa: S314
    fpir = next(picture.iter(f"{SVG}polyline")).attrib["points"].split()
    top, bottom = (float(point.split(",")[1]) for point in fpir)
    assert bottom > top > 0


def test_a_threshold_outside_the_picture_is_left_out():
    assert "match 0.500" not in texts(ET.fromstring(draw(rates(0, 0.4), {"match": 0.5}, "")))  # noqa: S314
