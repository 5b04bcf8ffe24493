"""The images of requests: in the request itself, or in a bucket that the settings name."""

from apiserver.access.grants import current_grant
from apiserver.api.rekognition.bodies import MAX_IMAGE_BYTES, MAX_S3_BYTES, ImageBody, S3Object
from apiserver.api.rekognition.calls import Call
from apiserver.http.multipart import Upload
from apiserver.problems import FileEmpty, ImageTooLarge, InvalidField, ObjectNotFound
from apiserver.settings.buckets import Bucket
from apiserver.storage.object_store import read_foreign


async def upload_of(call: Call, image: ImageBody) -> Upload:
    """Return the photograph that a request means.

    Raises InvalidField, ImageTooLarge, FileEmpty, ObjectNotFound, or ImageStoreUnavailable.
    """
    with call.photographs.stages.measure("read"):
        content = await _stored(call, image.s3_object) if image.s3_object else await _sent(call, image.encoded or "")
    if not content:
        raise FileEmpty
    return Upload(image.s3_object.name if image.s3_object else "image", content)


async def _sent(call: Call, encoded: str) -> bytes:
    try:
        content = await call.texts.decoded(encoded)
    except ValueError as error:
        raise InvalidField("Image.Bytes: it is not base64.") from error
    if len(content) > MAX_IMAGE_BYTES:
        raise ImageTooLarge
    return content


async def _stored(call: Call, wanted: S3Object) -> bytes:
    settings = call.state.settings
    bucket = _bucket(settings.rekognition_bucket_list, wanted.bucket)
    max_bytes = min(MAX_S3_BYTES, settings.max_image_bytes)
    return await read_foreign(
        bucket.url,
        wanted.name,
        wanted.version,
        settings.image_store_timeout_seconds,
        max_bytes=max_bytes,
        admit=call.photographs.request.state.body.add,
    )


def _bucket(buckets: tuple[Bucket, ...], name: str) -> Bucket:
    """Return a bucket that the caller may read; others are answered like those that do not exist."""
    reach = current_grant().reach
    for bucket in buckets:
        if bucket.name == name and (reach.everywhere or (bucket.directory and reach.covers(bucket.directory))):
            return bucket
    raise ObjectNotFound(f"The bucket {name} is not among those that the service may read for this key.")
