"""All problems the gateway reports; each has a code, an HTTP status and a sentence.

They are one long module, because it is a catalogue without logic: the tree is drawn, compared with the classes and
searched in one place, and who raises a problem need not know which topic it belongs to.

Problem
├── Refused                      caused by the client: the same request will fail again
│   ├── PersonMissing            person-missing          400
│   ├── DirectoryMissing         directory-missing       400
│   ├── FileMissing              file-missing            400
│   ├── FileEmpty                file-empty              400
│   ├── InvalidName              invalid-name            400
│   ├── InvalidField             invalid-field           400
│   ├── UnknownField             unknown-field           400
│   ├── InvalidForm              invalid-form            400
│   ├── InvalidJson              invalid-json            400
│   ├── MalformedRequest         malformed-request       400
│   ├── InvalidFileFormat        invalid-file-format     400
│   ├── NoFace                   no-face                 400
│   ├── SeveralFaces             several-faces           400
│   ├── NoFaceInBox              no-face-in-box          400
│   ├── KeyMissing               key-missing             401
│   ├── KeyInvalid               key-invalid             401
│   │   ├── TokenInvalid         token-invalid           401
│   │   └── SignatureInvalid     signature-invalid       401
│   ├── TokenExpired             token-expired           401
│   ├── SessionEnded             session-ended           401
│   ├── TokenWithoutRights       token-without-rights    403
│   ├── CsrfTokenWrong           csrf-token-wrong        403
│   ├── ScopeMissing             scope-missing           403
│   ├── RightLost                right-lost              403
│   ├── JobCancelled             job-cancelled           409
│   ├── NotFound                 not-found               404
│   ├── FileNotFound             file-not-found          404
│   ├── LinkInvalid              link-invalid            403
│   ├── LinkExpired              link-expired            403
│   ├── OriginNotAllowed         origin-not-allowed      403
│   ├── DirectoryNotFound        directory-not-found     404
│   ├── PersonNotFound           person-not-found        404
│   ├── FaceNotFound             face-not-found          404
│   ├── MergeNotFound            merge-not-found         404
│   ├── WarningNotFound          warning-not-found       404
│   ├── DeletionNotFound         deletion-not-found      404
│   ├── JobNotFound              job-not-found           404
│   ├── KeyNotFound              key-not-found           404
│   ├── BundleNotFound           bundle-not-found        404
│   ├── ObjectNotFound           object-not-found        404
│   ├── MethodNotAllowed         method-not-allowed      405
│   ├── RequestTimeout           request-timeout         408
│   ├── UploadTimeout            upload-timeout          408
│   ├── ModelMismatch            model-mismatch          409
│   ├── RequestInProgress        request-in-progress     409
│   ├── PersonExists             person-exists           409
│   ├── ExternalIdTaken          external-id-taken       409
│   ├── ConsentMissing           consent-missing         409
│   ├── MergeUndone              merge-undone            409
│   ├── AnswerErased             answer-erased           410
│   ├── PreconditionFailed       precondition-failed     412
│   ├── AlreadyExists            already-exists          412
│   ├── ImageTooLarge            image-too-large         413
│   ├── ImageTooManyPixels       image-too-many-pixels   413
│   ├── ArchiveTooLarge          archive-too-large       413
│   ├── ArchiveTooManyFiles      archive-too-many-files  413
│   ├── UnsupportedMediaType     unsupported-media-type  415
│   ├── HostNotAccepted          host-not-accepted       421
│   ├── ImageUnreadable          image-unreadable        422
│   ├── ImageTooCostly           image-too-costly        422
│   ├── InvalidEmbedding         invalid-embedding       422
│   ├── IdempotencyKeyReused     idempotency-key-reused  422
│   ├── PoorQuality              poor-quality            422
│   ├── Unrecognizable           unrecognizable          422
│   ├── NoFaceEnrolled           no-face-enrolled        422
│   ├── NoPhotographUsable       no-photograph-usable    422
│   ├── ArchiveUnreadable        archive-unreadable      422
│   ├── ArchiveUnsafe            archive-unsafe          422
│   ├── ArchiveWithoutPeople     archive-without-people  422
│   ├── ArchiveBomb              archive-bomb            422
│   ├── BundleUnsupported        bundle-unsupported      422
│   ├── BundleInvalid            bundle-invalid          422
│   ├── InvalidSettings          invalid-settings        422
│   ├── TooManyAttempts          too-many-attempts       429
│   ├── LimitReached             beyond a limit of the key: the same request may succeed later
│   │   ├── TooManyDirectories   too-many-directories    403
│   │   ├── TooManyRequests      too-many-requests       429
│   │   ├── QuotaSpent           quota-spent             429
│   │   └── TooManyJobs          too-many-jobs           429
│   └── HeadersTooLarge          headers-too-large       431
├── Outage                       caused by a service the gateway depends on: the same request may succeed later
│   ├── NotReady                 not-ready               503
│   ├── NoKeys                   no-keys                 503
│   ├── IdentityProviderUnavailable  identity-provider-unavailable  503
│   ├── GatewayBusy              gateway-busy            503
│   ├── TooManyConnections       too-many-connections    503
│   ├── VectorizerUnavailable    vectorizer-unavailable  503
│   ├── VectorizerBusy           vectorizer-busy         503
│   ├── VectorizerTimeout        vectorizer-timeout      504
│   ├── VectorizerFailed         vectorizer-failed       500
│   ├── DatabaseUnavailable      database-unavailable    503
│   ├── DatabaseBusy             database-busy           503
│   ├── DirectoryBusy            directory-busy          503
│   ├── ImageStoreUnavailable    image-store-unavailable 503
│   ├── ImageStoreFull           image-store-full        503
│   ├── KeyUnavailable           key-unavailable         503
│   └── ObjectDamaged            object-damaged          500
└── InternalError                internal-error          500  a defect of this service
"""

from typing import ClassVar

from serving.problems import HeadersTooLarge as HeadersTooLarge
from serving.problems import InternalError as InternalError
from serving.problems import MalformedRequest as MalformedRequest
from serving.problems import MethodNotAllowed as MethodNotAllowed
from serving.problems import NotFound as NotFound
from serving.problems import Outage as Outage
from serving.problems import Problem as Problem
from serving.problems import Refused as Refused
from serving.problems import RequestTimeout as RequestTimeout
from serving.problems import TooManyConnections as TooManyConnections


class PersonMissing(Refused, code="person-missing", sentence="Person identification is required."):
    """A call of /learn without a person."""


class DirectoryMissing(Refused, code="directory-missing", sentence="Directory is required."):
    """An empty directory name; the default directory is used if the field is omitted."""


class FileMissing(Refused, code="file-missing", sentence="File is required."):
    """A form without a photograph."""


class FileEmpty(Refused, code="file-empty", sentence="The file is empty."):
    """A photograph of zero bytes."""


class InvalidName(
    Refused, code="invalid-name", sentence="A name must have 1 to 255 characters and no control characters."
):
    """A name of a person or a directory that is not allowed."""


class InvalidField(Refused, code="invalid-field", sentence="A field has an invalid value."):
    """An invalid value of another field."""


class UnknownField(Refused, code="unknown-field", sentence="The request has a field that the call does not have."):
    """A field or a parameter of the URL that the call does not have; often a misspelled one."""


class InvalidForm(Refused, code="invalid-form", sentence="The form is malformed."):
    """A body that does not match its content type."""


class InvalidJson(Refused, code="invalid-json", sentence="The body is not a JSON object."):
    """A body that is not a JSON object."""


class InvalidFileFormat(Refused, code="invalid-file-format", sentence="Invalid file format"):
    """A file that is not an image, or an image of an unsupported format or variant."""


class NoFace(Refused, code="no-face", sentence="No face detected."):
    """A photograph for /learn or /verify on which no face was detected."""


class SeveralFaces(Refused, code="several-faces", sentence="More than one face detected."):
    """A photograph for /learn or /verify with several faces, sent without a choice of one."""


class NoFaceInBox(Refused, code="no-face-in-box", sentence="No face detected in the box."):
    """A photograph without a face in the box that the client, or the bundle, gave."""


class FileNotFound(Refused, code="file-not-found", status=404, sentence="This file does not exist or has expired."):
    """An image that never existed, was deleted, or has expired."""


class KeyMissing(
    Refused,
    code="key-missing",
    status=401,
    sentence="This call requires a key: send it as `Authorization: Bearer fs_…` or as `x-api-key`.",
):
    """The request has no key, and one is required."""


class KeyInvalid(
    Refused, code="key-invalid", status=401, sentence="The key is not valid: it is unknown, expired or revoked."
):
    """The request has a key, but no valid one; it does not say why."""


class TokenInvalid(
    KeyInvalid, code="token-invalid", status=401, sentence="The token of the identity provider is not valid."
):
    """A token whose signature, issuer, audience or times are wrong; its sentence says which."""


class SignatureInvalid(
    KeyInvalid,
    code="signature-invalid",
    status=401,
    sentence="The signature does not match the request: check the secret access key, and whether a proxy changes "
    "requests.",
):
    """A signed call of a client of Amazon Rekognition that was changed, signed with another secret, or is too old."""


class TokenExpired(Refused, code="token-expired", status=401, sentence="The token has expired; get a new one."):
    """A token that was right and is too old."""


class TokenWithoutRights(
    Refused,
    code="token-without-rights",
    status=403,
    sentence="The token is valid, but gives no scopes or no directories.",
):
    """A token whose claims name no scopes or no directories."""


class SessionEnded(
    Refused, code="session-ended", status=401, sentence="The session has ended; sign in again with a key."
):
    """The request has the cookie of a session that expired, was signed out, or whose key was revoked."""


class CsrfTokenWrong(
    Refused,
    code="csrf-token-wrong",
    status=403,
    sentence="Changes by a session must come from a page of the service itself, with the token of `GET /session` in "
    "the header X-Faceserver-CSRF.",
):
    """A change with the cookie of a session, perhaps of a foreign page."""


class ScopeMissing(Refused, code="scope-missing", status=403, sentence="The key may not make this call."):
    """The key is valid and lacks the scope that the call requires."""


class RightLost(
    Refused,
    code="right-lost",
    status=403,
    sentence="The key that started this job was revoked, has expired, or has lost the right to do this.",
):
    """The problem of a job that was cancelled."""


class JobCancelled(
    Refused,
    code="job-cancelled",
    status=409,
    sentence="This job was cancelled. Its work until then stays.",
):
    """The problem of a job that a client cancelled."""


class LinkInvalid(
    Refused,
    code="link-invalid",
    status=403,
    sentence="The link to this photograph, or the key that requested it, is not valid; request a new link.",
):
    """A signed link that was changed, that is for something else, or whose key was revoked."""


class LinkExpired(
    Refused, code="link-expired", status=403, sentence="The link to this photograph has expired; request a new one."
):
    """A signed link that was right and is too old."""


class OriginNotAllowed(
    Refused,
    code="origin-not-allowed",
    status=403,
    sentence="A web page of this origin may not call the service; add the origin to APISERVER_ORIGINS if it is yours.",
):
    """A request of a web page whose origin is not allowed."""


class DirectoryNotFound(Refused, code="directory-not-found", status=404, sentence="This directory does not exist."):
    """A directory that was never created, or was deleted."""


class PersonNotFound(
    Refused, code="person-not-found", status=404, sentence="This person does not exist in the directory."
):
    """A person that is not in this directory."""


class DeletionNotFound(Refused, code="deletion-not-found", status=404, sentence="This deletion does not exist."):
    """An unknown deletion id."""


class FaceNotFound(Refused, code="face-not-found", status=404, sentence="This person does not have this face."):
    """A face that never existed, was deleted, or now belongs to another person."""


class MergeNotFound(
    Refused, code="merge-not-found", status=404, sentence="No merge with this id was made into this person."
):
    """A merge that never existed, was made into another person, or whose person was deleted."""


class WarningNotFound(
    Refused, code="warning-not-found", status=404, sentence="There is no warning about a face with this id."
):
    """A dismissal of what nobody warned of, or a face that was deleted or moved to somebody else."""


class JobNotFound(
    Refused, code="job-not-found", status=404, sentence="This job does not exist, or its record has expired."
):
    """A job that never existed, or that ended too long ago."""


class KeyNotFound(Refused, code="key-not-found", status=404, sentence="This key does not exist."):
    """A key that never existed, or that may do more than the caller's."""


class BundleNotFound(
    Refused,
    code="bundle-not-found",
    status=404,
    sentence="This bundle is not available: the export has not finished, or the bundle has expired.",
):
    """A bundle of an unfinished export, an expired bundle, or one that contains a person deleted since."""


class ObjectNotFound(
    Refused, code="object-not-found", status=404, sentence="The image store has no object with this key."
):
    """A key in a manifest for which no object is stored."""


class UploadTimeout(Refused, code="upload-timeout", status=408, sentence="The upload took too long."):
    """A body that did not arrive in time."""


class ModelMismatch(
    Refused, code="model-mismatch", status=409, sentence="The embeddings are of a model that is not in use."
):
    """Embeddings for /identify of a model that is not in use; embeddings of different models cannot be compared."""


class RequestInProgress(
    Refused,
    code="request-in-progress",
    status=409,
    sentence="A request with this Idempotency-Key is still in progress; retry later.",
):
    """A request that was sent again before the first one was answered."""

    retry_after_seconds: ClassVar[int] = 1


class AnswerErased(
    Refused,
    code="answer-erased",
    status=410,
    sentence="The request was answered, and the stored answer has since been erased.",
):
    """A request repeated with its Idempotency-Key after a person of its directory was deleted."""


class PersonExists(Refused, code="person-exists", status=409, sentence="Another person of the directory has this id."):
    """An id that is already used in the directory."""


class ExternalIdTaken(
    Refused, code="external-id-taken", status=409, sentence="Another person of the directory has this external_id."
):
    """An external_id that is already used in the directory."""


class PreconditionFailed(
    Refused,
    code="precondition-failed",
    status=412,
    sentence="The resource has changed since it was read; read it again.",
):
    """An If-Match header that does not name the current revision."""


class AlreadyExists(
    Refused, code="already-exists", status=412, sentence="This name is already taken; nothing was changed."
):
    """A resource that was to be created and exists, because of If-None-Match."""


class ConsentMissing(
    Refused,
    code="consent-missing",
    status=409,
    sentence="This directory enrols only persons with a valid consent: record the person's `consent` first.",
):
    """A face to enrol for a person without a valid consent, in a directory with `require_consent`."""


class MergeUndone(Refused, code="merge-undone", status=409, sentence="This merge has already been undone."):
    """A second attempt to undo a merge."""


class ImageTooLarge(Refused, code="image-too-large", status=413, sentence="The image has too many bytes."):
    """An image with more bytes than the limit."""


class ImageTooManyPixels(Refused, code="image-too-many-pixels", status=413, sentence="The image has too many pixels."):
    """An image with more pixels than the limit."""


class ArchiveTooLarge(Refused, code="archive-too-large", status=413, sentence="The archive has too many bytes."):
    """An archive to import with more bytes than the limit."""


class ArchiveTooManyFiles(
    Refused, code="archive-too-many-files", status=413, sentence="The archive has too many files; import it in parts."
):
    """An archive or a manifest with more entries than the limit."""


class UnsupportedMediaType(
    Refused, code="unsupported-media-type", status=415, sentence="Send the fields as multipart/form-data."
):
    """A body that is not a form."""


class HostNotAccepted(
    Refused,
    code="host-not-accepted",
    status=421,
    sentence="This host name is not served here; add it to APISERVER_HOSTS if it is yours.",
):
    """A Host header that names none of the accepted hosts."""


class ImageUnreadable(Refused, code="image-unreadable", status=422, sentence="The image is truncated or corrupt."):
    """An image of a supported format that is corrupt, or of which less than 95 % of the rows can be decoded."""


class ImageTooCostly(
    Refused,
    code="image-too-costly",
    status=422,
    sentence="The image costs too much to decode; save it again, for instance as an ordinary JPEG.",
):
    """An image that takes more time or memory to decode than any ordinary one of its format."""


class InvalidEmbedding(
    Refused,
    code="invalid-embedding",
    status=422,
    sentence="An embedding must be a list of finite numbers that are not all zero.",
):
    """An embedding of a wrong length, with a value that is not a finite number, or of zeros only."""


class IdempotencyKeyReused(
    Refused,
    code="idempotency-key-reused",
    status=422,
    sentence="This Idempotency-Key was used for a different request; use a new one.",
):
    """A key that was sent with another path, query or body within the last 24 hours."""


class LimitReached(Refused):
    """A request beyond a limit of its key: the same request may succeed later."""


class TooManyRequests(
    LimitReached, code="too-many-requests", status=429, sentence="The key has used up one of its limits; retry later."
):
    """A request beyond the limits of its key."""

    retry_after_seconds: int

    def __init__(self, sentence: str | None = None, *, retry_after_seconds: int = 1) -> None:
        super().__init__(sentence)
        self.retry_after_seconds = retry_after_seconds


class QuotaSpent(
    LimitReached,
    code="quota-spent",
    status=429,
    sentence="The key has used up one of its daily quotas; a new day begins at 00:00 UTC.",
):
    """A request of a key that has spent a quota of the day; deletions are never refused so."""

    retry_after_seconds: int

    def __init__(self, sentence: str | None = None, *, retry_after_seconds: int = 60) -> None:
        super().__init__(sentence)
        self.retry_after_seconds = retry_after_seconds


class TooManyJobs(
    LimitReached,
    code="too-many-jobs",
    status=429,
    sentence="Too many jobs of the key are waiting; retry when some have finished.",
):
    """An import or an export of a key of which as many jobs wait as its limit allows."""

    retry_after_seconds: ClassVar[int] = 10


class TooManyDirectories(
    LimitReached,
    code="too-many-directories",
    status=403,
    sentence="The key has as many directories as its limit allows; delete one, or ask for a higher limit.",
):
    """A new directory of a key that has as many as its limit allows."""


class PoorQuality(
    Refused, code="poor-quality", status=422, sentence="The quality of the photograph is too low for enrolment."
):
    """A face that the directory's quality settings refuse: small, blurred, dark, bright, or turned away."""


class Unrecognizable(
    Refused,
    code="unrecognizable",
    status=422,
    sentence="The face is not recognizable; use a photograph on which it is upright, sharp and well lit.",
):
    """A face below the directory's floor of recognizability, which would match strangers."""


class ArchiveUnreadable(
    Refused, code="archive-unreadable", status=422, sentence="The file is not a zip archive, or it is damaged."
):
    """A file that is not a zip archive, or one that is truncated, encrypted or compressed by an unsupported method."""


class ArchiveUnsafe(
    Refused, code="archive-unsafe", status=422, sentence="The archive has a file whose path leads out of the archive."
):
    """An archive with absolute paths, `..`, links, or duplicate names; these do not occur by accident."""


class ArchiveWithoutPeople(
    Refused,
    code="archive-without-people",
    status=422,
    sentence="The archive contains no photographs of people.",
):
    """An archive without photographs in folders of people, or with those of all people in one folder."""


class ArchiveBomb(
    Refused, code="archive-bomb", status=422, sentence="The archive unpacks to far more bytes than its own size."
):
    """A zip bomb, or an archive that looks like one."""


class BundleUnsupported(
    Refused, code="bundle-unsupported", status=422, sentence="This version of the bundle format is not supported."
):
    """A bundle made by a newer release."""


class BundleInvalid(Refused, code="bundle-invalid", status=422, sentence="The bundle is malformed."):
    """A bundle whose parts are missing, damaged, or inconsistent."""


class NoFaceEnrolled(
    Refused,
    code="no-face-enrolled",
    status=422,
    sentence="None of the photographs could be enrolled; the list gives the reason for each.",
):
    """Several photographs that were all refused; `items`, or `files` of /learn, gives the reason for each."""


class NoPhotographUsable(
    Refused,
    code="no-photograph-usable",
    status=422,
    sentence="None of the files could be processed; the list gives the reason for each.",
):
    """Several files for /recognize that were all refused; `files` gives the reason for each."""


class InvalidSettings(
    Refused, code="invalid-settings", status=422, sentence="The settings of the directory are invalid."
):
    """Settings of a directory that are unknown, out of range, or exclude each other."""


class TooManyAttempts(
    Refused,
    code="too-many-attempts",
    status=429,
    sentence="Too many requests from this address had invalid keys; retry later.",
):
    """An address that sent many wrong keys; keys that this gateway already knows still work."""

    retry_after_seconds: int = 60


class IdentityProviderUnavailable(
    Outage,
    code="identity-provider-unavailable",
    sentence="The identity provider does not answer, so its tokens cannot be checked; keys still work.",
):
    """A token whose key is unknown while the issuer at APISERVER_OIDC_ISSUER cannot be reached."""

    retry_after_seconds: ClassVar[int] = 5


class NoKeys(
    Outage,
    code="no-keys",
    sentence="Keys are required, but none exists. Make the first one where the database can be reached: python -m "
    "apiserver.keys create --name admin --scope admin --directory '*'",
):
    """A gateway that requires keys, and whose database has none that works."""

    retry_after_seconds: ClassVar[int] = 5


class NotReady(Outage, code="not-ready", sentence="The service is not ready."):
    """A gateway at least one of whose dependencies is unavailable."""


class GatewayBusy(Outage, code="gateway-busy", sentence="Too many requests are in progress."):
    """A gateway that already processes the maximum number of photographs; the request was not read."""


class VectorizerUnavailable(Outage, code="vectorizer-unavailable", sentence="The vectorizer is unavailable."):
    """No vectorizer can be reached, or the server at its address is not a vectorizer."""


class VectorizerBusy(Outage, code="vectorizer-busy", sentence="The vectorizer is busy."):
    """All vectorizers are at their limit."""


class VectorizerTimeout(
    Outage, code="vectorizer-timeout", status=504, sentence="The vectorizer did not answer in time."
):
    """No vectorizer answered in time."""


class VectorizerFailed(Outage, code="vectorizer-failed", status=500, sentence="The vectorizer failed on this image."):
    """A defect of the vectorizer, possibly with this image only."""


class DatabaseUnavailable(Outage, code="database-unavailable", sentence="The database is unavailable."):
    """PostgreSQL cannot be reached, refuses the connection, or does not answer in time."""


class DatabaseBusy(Outage, code="database-busy", sentence="The database is busy."):
    """PostgreSQL aborted this transaction in favour of another one; a second attempt usually succeeds."""


class DirectoryBusy(
    Outage, code="directory-busy", sentence="A deletion or a merge in this directory is in progress; retry later."
):
    """A deletion or a merge that may take minutes; enrolments and calls that concern its persons must wait."""


class ImageStoreUnavailable(Outage, code="image-store-unavailable", sentence="The image store is unavailable."):
    """The object store cannot be reached, refuses access, or does not answer in time."""


class ImageStoreFull(
    Outage,
    code="image-store-full",
    sentence="The disk of the image store is nearly full, so nothing new is stored; deletions and recognition "
    "continue.",
):
    """A disk with less free space than half of APISERVER_IMAGE_STORE_MIN_FREE_BYTES, which is left for deletions."""

    retry_after_seconds: ClassVar[int] = 60


class KeyUnavailable(
    Outage,
    code="key-unavailable",
    sentence="Stored data of this directory are encrypted, and the service has no master key: set "
    "APISERVER_MASTER_KEY_FILE, APISERVER_MASTER_KEY or APISERVER_MASTER_KEY_COMMAND.",
):
    """Encrypted data whose key cannot be had: no master key, another one, or the directory's key was erased."""


class ObjectDamaged(
    Outage,
    code="object-damaged",
    status=500,
    sentence="The stored data were damaged or replaced; restore them from a backup.",
):
    """Encrypted data that do not match their place or their key: truncated, reordered, exchanged or altered."""
