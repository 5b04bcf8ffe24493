"""Everything that can go wrong, each with a slug, a status and a sentence.

Problem
├── Refused                      the client's fault: the same request will fail again
│   ├── PersonMissing            person-missing          400
│   ├── DirectoryMissing         directory-missing       400
│   ├── FileMissing              file-missing            400
│   ├── FileEmpty                file-empty              400
│   ├── InvalidName              invalid-name            400
│   ├── InvalidField             invalid-field           400
│   ├── InvalidForm              invalid-form            400
│   ├── InvalidJson              invalid-json            400
│   ├── InvalidFileFormat        invalid-file-format     400
│   ├── NoFace                   no-face                 400
│   ├── SeveralFaces             several-faces           400
│   ├── NoFaceInBox              no-face-in-box          400
│   ├── NotFound                 not-found               404
│   ├── FileNotFound             file-not-found          404
│   ├── DirectoryNotFound        directory-not-found     404
│   ├── PersonNotFound           person-not-found        404
│   ├── FaceNotFound             face-not-found          404
│   ├── MergeNotFound            merge-not-found         404
│   ├── DeletionNotFound         deletion-not-found      404
│   ├── JobNotFound              job-not-found           404
│   ├── BundleNotFound           bundle-not-found        404
│   ├── ObjectNotFound           object-not-found        404
│   ├── MethodNotAllowed         method-not-allowed      405
│   ├── UploadTimeout            upload-timeout          408
│   ├── ModelMismatch            model-mismatch          409
│   ├── RequestInProgress        request-in-progress     409
│   ├── PersonExists             person-exists           409
│   ├── ExternalIdTaken          external-id-taken       409
│   ├── MergeUndone              merge-undone            409
│   ├── AnswerErased             answer-erased           410
│   ├── PreconditionFailed       precondition-failed     412
│   ├── ImageTooLarge            image-too-large         413
│   ├── ImageTooManyPixels       image-too-many-pixels   413
│   ├── ArchiveTooLarge          archive-too-large       413
│   ├── ArchiveTooManyFiles      archive-too-many-files  413
│   ├── UnsupportedMediaType     unsupported-media-type  415
│   ├── ImageUnreadable          image-unreadable        422
│   ├── InvalidEmbedding         invalid-embedding       422
│   ├── IdempotencyKeyReused     idempotency-key-reused  422
│   ├── PoorQuality              poor-quality            422
│   ├── NoFaceEnrolled           no-face-enrolled        422
│   ├── NoPhotographUsable       no-photograph-usable    422
│   ├── ArchiveUnreadable        archive-unreadable      422
│   ├── ArchiveUnsafe            archive-unsafe          422
│   ├── ArchiveBomb              archive-bomb            422
│   ├── BundleUnsupported        bundle-unsupported      422
│   ├── BundleInvalid            bundle-invalid          422
│   └── InvalidSettings          invalid-settings        422
├── Outage                       a neighbour's fault: the same request may succeed later
│   ├── NotReady                 not-ready               503
│   ├── GatewayBusy              gateway-busy            503
│   ├── VectorizerUnavailable    vectorizer-unavailable  503
│   ├── VectorizerBusy           vectorizer-busy         503
│   ├── VectorizerTimeout        vectorizer-timeout      504
│   ├── VectorizerFailed         vectorizer-failed       500
│   ├── DatabaseUnavailable      database-unavailable    503
│   ├── DatabaseBusy             database-busy           503
│   ├── DirectoryBusy            directory-busy          503
│   └── ImageStoreUnavailable    image-store-unavailable 503
└── InternalError                internal-error          500  our own fault
"""

from typing import ClassVar


class Problem(Exception):
    """A failure with a public face, as in RFC 9457; a more precise `sentence` may be given where it is raised."""

    code: ClassVar[str]
    status: ClassVar[int]
    sentence: str

    def __init_subclass__(cls, *, code: str = "", status: int = 0, sentence: str = "") -> None:
        cls.code = code
        cls.sentence = sentence
        cls.status = status or cls.status

    def __init__(self, sentence: str | None = None) -> None:
        super().__init__(sentence or self.sentence)
        self.sentence = str(self)


class Refused(Problem, status=400):
    """The client's fault."""


class PersonMissing(Refused, code="person-missing", sentence="Person identification is required."):
    """/learn without a person."""


class DirectoryMissing(Refused, code="directory-missing", sentence="Directory is required."):
    """A directory that was sent, but empty; leave the field out for the default one."""


class FileMissing(Refused, code="file-missing", sentence="File is required."):
    """No photograph in the form."""


class FileEmpty(Refused, code="file-empty", sentence="The file is empty."):
    """A photograph of zero bytes."""


class InvalidName(Refused, code="invalid-name", sentence="A name has 1 to 255 characters and no control characters."):
    """A name of a person or directory that cannot be kept."""


class InvalidField(Refused, code="invalid-field", sentence="A field has an invalid value."):
    """Another field with a value it cannot have."""


class InvalidForm(Refused, code="invalid-form", sentence="The form cannot be read."):
    """A body that is not the form its content type promises."""


class InvalidJson(Refused, code="invalid-json", sentence="The body is no JSON object."):
    """A body that should be JSON and is not."""


class InvalidFileFormat(Refused, code="invalid-file-format", sentence="Invalid file format"):
    """The content is no image this service decodes."""


class NoFace(Refused, code="no-face", sentence="No face detected."):
    """/learn found nobody."""


class SeveralFaces(Refused, code="several-faces", sentence="More than one face detected."):
    """/learn found several people and was not told whom to take."""


class NoFaceInBox(Refused, code="no-face-in-box", sentence="No face detected in the box."):
    """/learn found nobody where the client's box is, or an import where the bundle's is."""


class NotFound(Refused, code="not-found", status=404, sentence="There is nothing at this address."):
    """No such path."""


class FileNotFound(Refused, code="file-not-found", status=404, sentence="There is no such file, or it has expired."):
    """An image that never was, was deleted, or has expired."""


class DirectoryNotFound(Refused, code="directory-not-found", status=404, sentence="There is no such directory."):
    """A directory that nobody was enrolled in and nothing was set for."""


class PersonNotFound(Refused, code="person-not-found", status=404, sentence="There is no such person."):
    """A person that is not in this directory."""


class DeletionNotFound(Refused, code="deletion-not-found", status=404, sentence="There is no such deletion."):
    """A deletion that never was."""


class FaceNotFound(Refused, code="face-not-found", status=404, sentence="This person has no such face."):
    """A face that never was, was deleted, or is another person's by now."""


class MergeNotFound(Refused, code="merge-not-found", status=404, sentence="There was no such merge into this person."):
    """A merge that never was, was into somebody else, or whose person was deleted."""


class JobNotFound(Refused, code="job-not-found", status=404, sentence="There is no such job, or it was forgotten."):
    """A job that never was, or that ended too long ago."""


class BundleNotFound(
    Refused, code="bundle-not-found", status=404, sentence="There is no such bundle: not yet, or not any more."
):
    """A bundle of an export that is not done, or was done too long ago, or holds somebody who was deleted since."""


class ObjectNotFound(Refused, code="object-not-found", status=404, sentence="The image store has no such object."):
    """A key of a manifest under which nothing is stored."""


class MethodNotAllowed(Refused, code="method-not-allowed", status=405, sentence="This method is not allowed here."):
    """The path exists, but not for this method."""


class UploadTimeout(Refused, code="upload-timeout", status=408, sentence="The upload took too long."):
    """The client took too long to send its body."""


class ModelMismatch(Refused, code="model-mismatch", status=409, sentence="Another model is in use."):
    """/identify with embeddings of a model that is not in use; those of different models cannot be compared."""


class RequestInProgress(
    Refused, code="request-in-progress", status=409, sentence="The request with this Idempotency-Key is still running."
):
    """A request that was sent again before it was answered."""

    retry_after_seconds: ClassVar[int] = 1


class AnswerErased(
    Refused, code="answer-erased", status=410, sentence="It was answered, and the answer has been erased."
):
    """A request sent again with its Idempotency-Key after somebody of its directory was deleted."""


class PersonExists(Refused, code="person-exists", status=409, sentence="There is another person of this id."):
    """An id that somebody else of the directory has."""


class ExternalIdTaken(
    Refused, code="external-id-taken", status=409, sentence="Another person of the directory has this external_id."
):
    """An external_id that somebody else of the directory has."""


class PreconditionFailed(
    Refused, code="precondition-failed", status=412, sentence="It has been edited meanwhile; read it again."
):
    """An If-Match that names another revision than the present one."""


class MergeUndone(Refused, code="merge-undone", status=409, sentence="The merge has been undone already."):
    """A merge that cannot be undone twice."""


class ImageTooLarge(Refused, code="image-too-large", status=413, sentence="The image has too many bytes."):
    """More bytes than the limit."""


class ImageTooManyPixels(Refused, code="image-too-many-pixels", status=413, sentence="The image has too many pixels."):
    """More pixels than the limit."""


class ArchiveTooLarge(Refused, code="archive-too-large", status=413, sentence="The archive has too many bytes."):
    """An upload for an import with more bytes than the limit."""


class ArchiveTooManyFiles(
    Refused, code="archive-too-many-files", status=413, sentence="The archive has too many files; import it in parts."
):
    """More files, or entries of a manifest, than the limit."""


class UnsupportedMediaType(
    Refused, code="unsupported-media-type", status=415, sentence="Send the fields as multipart/form-data."
):
    """A body that is no form."""


class ImageUnreadable(Refused, code="image-unreadable", status=422, sentence="The image is truncated or corrupt."):
    """A known format, but truncated or corrupt."""


class InvalidEmbedding(
    Refused, code="invalid-embedding", status=422, sentence="An embedding is a list of finite numbers, not all zero."
):
    """An embedding with a number too many, too few, or that is none, or of zeros alone."""


class IdempotencyKeyReused(
    Refused,
    code="idempotency-key-reused",
    status=422,
    sentence="This Idempotency-Key was used for another request; take a new one.",
):
    """A key that came with another path, query or body within the last 24 hours."""


class PoorQuality(Refused, code="poor-quality", status=422, sentence="The photograph is too poor to be learned."):
    """A face that its directory refuses: too small, blurred, too dark or bright, or turned away."""


class ArchiveUnreadable(
    Refused, code="archive-unreadable", status=422, sentence="The file is no zip archive, or a damaged one."
):
    """No zip, a truncated one, or one that is encrypted or packed in a way that is not read here."""


class ArchiveUnsafe(
    Refused, code="archive-unsafe", status=422, sentence="The archive has a file whose name leads out of it."
):
    """Absolute paths, `..`, links, or two files of one name: nobody packs such by accident."""


class ArchiveBomb(Refused, code="archive-bomb", status=422, sentence="The archive unpacks to far more than its size."):
    """A zip bomb, or something that looks like one."""


class BundleUnsupported(
    Refused, code="bundle-unsupported", status=422, sentence="The bundle is of a version that is not read here."
):
    """A bundle that a newer release has made."""


class BundleInvalid(Refused, code="bundle-invalid", status=422, sentence="The bundle is not as bundles are."):
    """A bundle whose parts are missing, damaged, or do not fit each other."""


class NoFaceEnrolled(
    Refused,
    code="no-face-enrolled",
    status=422,
    sentence="None of the photographs could be enrolled; the list says of each why.",
):
    """Several photographs were sent and refused one and all; `items`, or `files` of /learn, says of each why."""


class NoPhotographUsable(
    Refused,
    code="no-photograph-usable",
    status=422,
    sentence="None of the files could be looked at; the list says of each why.",
):
    """Several files were sent to recognize people on and refused one and all; `files` says of each why."""


class InvalidSettings(
    Refused, code="invalid-settings", status=422, sentence="These settings are not possible for a directory."
):
    """Settings of a directory that do not exist, exclude each other, or are out of range."""


class Outage(Problem, status=503):
    """A neighbour's fault."""

    retry_after_seconds: ClassVar[int] = 1


class NotReady(Outage, code="not-ready", sentence="The service is not ready."):
    """At least one neighbour is missing."""


class GatewayBusy(Outage, code="gateway-busy", sentence="Too many requests are in work."):
    """The gateway has as many photographs in work as it takes; this one was not read."""


class VectorizerUnavailable(Outage, code="vectorizer-unavailable", sentence="The vectorizer is unavailable."):
    """No vectorizer can be reached, or what answers there is not one."""


class VectorizerBusy(Outage, code="vectorizer-busy", sentence="The vectorizer is busy."):
    """Every vectorizer has as much work as it takes."""


class VectorizerTimeout(
    Outage, code="vectorizer-timeout", status=504, sentence="The vectorizer did not answer in time."
):
    """No vectorizer answered in time."""


class VectorizerFailed(Outage, code="vectorizer-failed", status=500, sentence="The vectorizer failed over this image."):
    """A mistake in the vectorizer, perhaps over this image only."""


class DatabaseUnavailable(Outage, code="database-unavailable", sentence="The database is unavailable."):
    """PostgreSQL cannot be reached, refuses, or does not answer in time."""


class DatabaseBusy(Outage, code="database-busy", sentence="The database is busy."):
    """PostgreSQL gave this transaction up in favour of another; a second attempt will do."""


class DirectoryBusy(Outage, code="directory-busy", sentence="Much of this directory is being moved or deleted."):
    """A deletion or a merge is under way, which may take minutes: nobody is enrolled, nor named who is concerned."""


class ImageStoreUnavailable(Outage, code="image-store-unavailable", sentence="The image store is unavailable."):
    """The object store cannot be reached, refuses, or does not answer in time."""


class InternalError(Problem, code="internal-error", status=500, sentence="Something went wrong on our side."):
    """A mistake in this service."""
