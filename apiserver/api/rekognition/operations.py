"""The operations by their names, with what each requires of a caller."""

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.types import Scope as HttpScope

from apiserver.access.limits import ANALYSING, ENROLLING
from apiserver.access.scopes import Scope
from apiserver.api.rekognition import bodies, collections, comparing, indexing, searching, users
from apiserver.api.rekognition.calls import Operation
from apiserver.api.rekognition.problems import TARGET

_PREFIX = "RekognitionService."

OPERATIONS: Mapping[str, Operation] = {
    "CreateCollection": Operation(
        bodies.CreateCollectionBody, collections.create_collection, (Scope.ADMIN,), stores=True
    ),
    "DeleteCollection": Operation(
        bodies.CollectionBody, collections.delete_collection, (Scope.ADMIN, Scope.DELETE), deletes=True
    ),
    "ListCollections": Operation(bodies.ListBody, collections.list_collections, (Scope.READ,)),
    "DescribeCollection": Operation(bodies.CollectionBody, collections.describe_collection, (Scope.READ,)),
    "TagResource": Operation(bodies.TagBody, collections.tag_resource, (Scope.ADMIN,), stores=True),
    "UntagResource": Operation(bodies.UntagBody, collections.untag_resource, (Scope.ADMIN,), stores=True),
    "ListTagsForResource": Operation(bodies.ResourceBody, collections.list_tags, (Scope.READ,)),
    "IndexFaces": Operation(
        bodies.IndexFacesBody, indexing.index_faces, (Scope.ENROL,), ENROLLING, images=1, stores=True
    ),
    "ListFaces": Operation(bodies.ListFacesBody, indexing.list_faces, (Scope.READ,)),
    "DeleteFaces": Operation(bodies.FacesBody, indexing.delete_faces, (Scope.DELETE,), deletes=True),
    # What they search by is stored: who exists is told by `read` alone, and the best match is the face itself.
    "SearchFaces": Operation(bodies.SearchFacesBody, searching.search_faces, (Scope.RECOGNIZE, Scope.READ)),
    "SearchFacesByImage": Operation(
        bodies.SearchFacesByImageBody, searching.search_faces_by_image, (Scope.RECOGNIZE,), ANALYSING, images=1
    ),
    "CompareFaces": Operation(
        bodies.CompareFacesBody, comparing.compare_faces, (Scope.RECOGNIZE,), ANALYSING, images=2
    ),
    "DetectFaces": Operation(bodies.DetectFacesBody, comparing.detect_faces, (Scope.RECOGNIZE,), ANALYSING, images=1),
    "CreateUser": Operation(bodies.UserBody, users.create_user, (Scope.EDIT,), stores=True),
    "DeleteUser": Operation(bodies.UserBody, users.delete_user, (Scope.EDIT, Scope.DELETE), deletes=True),
    "ListUsers": Operation(bodies.ListUsersBody, users.list_users, (Scope.READ,)),
    "AssociateFaces": Operation(bodies.UserFacesBody, users.associate_faces, (Scope.EDIT,), stores=True),
    "DisassociateFaces": Operation(bodies.UserFacesBody, users.disassociate_faces, (Scope.EDIT,), stores=True),
    "SearchUsers": Operation(bodies.SearchUsersBody, searching.search_users, (Scope.RECOGNIZE, Scope.READ)),
    "SearchUsersByImage": Operation(
        bodies.SearchUsersByImageBody, searching.search_users_by_image, (Scope.RECOGNIZE,), ANALYSING, images=1
    ),
}


def is_exempt(scope: HttpScope) -> bool:
    """Tell whether a request deletes, which no limit refuses."""
    if scope["path"] != "/" or scope["method"] != "POST":
        return False
    _, operation = operation_of(Headers(scope=scope).get(TARGET, ""))
    return operation is not None and operation.deletes


def operation_of(target: str) -> tuple[str, Operation | None]:
    """Return the name of the operation that a header names, and what it is; None if it is unknown."""
    name = target.removeprefix(_PREFIX) if target.startswith(_PREFIX) else ""
    return name, OPERATIONS.get(name)
