"""The requests have the members and limits of botocore's model of the service."""

import botocore.loaders
import pytest
from botocore.model import ServiceModel

from apiserver.api.rekognition.bodies import ListFacesBody
from apiserver.api.rekognition.operations import OPERATIONS, operation_of
from apiserver.http.json.bodies import parse_json
from apiserver.problems import InvalidField, InvalidJson

MODEL = ServiceModel(botocore.loaders.Loader().load_service_model("rekognition", "service-2"))


def names(body):
    return {field.alias for field in body.model_fields.values()}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_all_members_are_known_and_the_required_ones_required(operation):
    shape, body = MODEL.operation_model(operation).input_shape, OPERATIONS[operation].body
    assert shape.members.keys() <= names(body)
    required = {field.alias for field in body.model_fields.values() if field.is_required()}
    assert required == set(shape.required_members)


@pytest.mark.parametrize(
    "target", ["", "ListFaces", "RekognitionService.", "RekognitionService.listfaces", "S3.ListFaces"]
)
def test_other_operations_are_unknown(target):
    assert operation_of(target)[1] is None


@pytest.mark.parametrize(
    ("operation", "content", "problem"),
    [
        ("ListFaces", b"", InvalidJson),
        ("ListFaces", b"[]", InvalidJson),
        ("ListFaces", b"\xff", InvalidJson),
        ("ListFaces", b'{"CollectionId":' + b"[" * 500, InvalidJson),
        ("ListFaces", b'{"CollectionId":1}', InvalidField),
        ("ListFaces", b'{"CollectionId":"a","MaxResults":"1"}', InvalidField),
        ("ListFaces", b'{"CollectionId":"a","MaxResults":1.5}', InvalidField),
        ("ListFaces", b'{"CollectionId":"a","MaxResults":true}', InvalidField),
        ("SearchFaces", b'{"CollectionId":"a","FaceId":"x","FaceMatchThreshold":NaN}', InvalidField),
        ("DetectFaces", b'{"Image":{"Bytes":"YQ==","S3Object":{"Bucket":"abc","Name":"a"}}}', InvalidField),
    ],
)
def test_what_no_client_sends(operation, content, problem):
    with pytest.raises(problem):
        parse_json(OPERATIONS[operation].body, content)


def test_unknown_members_are_ignored_and_null_is_absent():
    body = parse_json(ListFacesBody, b'{"CollectionId":"a","Later":{"x":[1]},"MaxResults":null}')
    assert (body.collection_id, body.max_results) == ("a", None)
