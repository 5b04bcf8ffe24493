"""Calls as the documents and sources of other programs for CompreFace make them."""

import pytest

from tests.integration.apiserver.api.compreface.conftest import base64_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


def matches(answer):
    """Return what Double Take reads of an answer: names in lower case, confidence, box."""
    if answer.get("code") == 28:
        return []
    found = []
    for face in answer["result"]:
        [best] = face["subjects"][:1] or [{"subject": "unknown", "similarity": 0}]
        box = face["box"]
        size = box["x_max"] - box["x_min"], box["y_max"] - box["y_min"]
        found.append((best["subject"].lower(), round(100 * best["similarity"], 2), size))
    return found


async def test_double_take(service, ann, ann_again, nobody):
    """It trains by a subject in the query, recognizes with a threshold, and removes by the name in lower case."""
    part = {"file": ("b1946ac9.jpg", ann, "image/jpeg")}
    trained = await service.call("POST recognition/faces", 201, params={"subject": "Ann Example"}, files=part)
    assert set(trained) == {"image_id", "subject"}
    query = {"det_prob_threshold": 0.8}
    answer = await service.call("POST recognition/recognize", params=query, files={"file": ("latest.jpg", ann_again)})
    [(name, confidence, (width, height))] = matches(answer)
    assert (name, confidence > 90) == ("ann example", True)
    assert min(width, height) > 50
    empty = await service.call("POST recognition/recognize", 400, params=query, files={"file": ("a.jpg", nobody)})
    assert matches(empty) == []
    assert await service.call("DELETE recognition/faces", params={"subject": "ann example"}) == {"deleted": 1}
    [(name, _, _)] = matches(await service.call("POST recognition/recognize", files={"file": ("a.jpg", ann)}))
    assert name == "unknown"


async def test_snapshots_of_frigate(service, ann, party):
    """Programs beside Frigate fetch a snapshot and send it on: as a part called like its path, or as Base64."""
    await service.call("POST recognition/faces", 201, params={"subject": "ann"}, json={"file": base64_of(ann)})
    options = {"limit": "0", "prediction_count": "1", "face_plugins": "age,gender", "status": "true"}
    part = {"file": ("/media/frigate/clips/front_door-1667-abc.jpg", party, "application/octet-stream")}
    by_form = await service.call("POST recognition/recognize", params=options, files=part)
    by_json = await service.call("POST recognition/recognize", params=options, json={"file": base64_of(party)})
    for answer in (by_form, by_json):
        assert "ann" in {face["subjects"][0]["subject"] for face in answer["result"]}
        assert all("age" not in face and "gender" not in face for face in answer["result"])
