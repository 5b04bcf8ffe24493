"""The job that exports a directory: streams a bundle into the image store."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import version

from apiserver.audit import records as audit
from apiserver.biometrics.model import Model
from apiserver.bundles import embeddings as embeddings_file
from apiserver.bundles.format import FACES, MANIFEST, PERSONS, BundleModel, Manifest, embeddings_name
from apiserver.bundles.zip_writing import Member, whole, zipped
from apiserver.encryption.crops import decrypted_crop
from apiserver.exports.snapshot import ModelCount, Snapshot, snapshot
from apiserver.jobs.runs import Run
from apiserver.problems import FileNotFound


async def export_people(run: Run) -> None:
    """Write the bundle of a directory. A repeated run starts again, with the directory's current content."""
    directory, resources = str(run.directory), run.resources
    keep = timedelta(hours=resources.settings.export_retention_hours)
    in_use = await resources.vectorizer.model_in_use()
    async with (
        resources.archives.writing(directory, run.job, "export", keep) as write,
        snapshot(resources.database, directory) as seen,
    ):
        async for chunk in zipped(_members(run, seen, in_use)):
            await write(chunk)
        async with resources.database.connection() as connection:  # nobody can fetch the bundle before
            await audit.record(connection, directory=directory, object_=run.job, counts={"faces": run.done})


async def _members(run: Run, seen: Snapshot, in_use: Model) -> AsyncIterator[Member]:
    models = await seen.models()
    manifest = _manifest(run, models, in_use, await seen.count_persons())
    yield Member(MANIFEST, whole(manifest.line()))
    yield Member(PERSONS, (person.line() async for person in seen.persons()), large=True)
    yield Member(FACES, (face.line() async for face in seen.faces()), large=True)
    for described, count in zip(manifest.models, models, strict=True):
        yield Member(described.embeddings, _embeddings(seen, count), large=True)
    async for picture in _pictures(run, seen, manifest.faces):
        yield picture


async def _pictures(run: Run, seen: Snapshot, total: int) -> AsyncIterator[Member]:
    """Yield the crop of each face, followed by its photograph if requested: the order in which an import reads them."""
    done, missing, added = 0, 0, set()
    async for face in seen.crops():
        crop = await decrypted_crop(run.resources.images.keys, str(run.directory), face)
        yield Member(f"crops/{face['face']}.jpg", whole(crop))
        image = face["image"] if run.arguments["images"] else None
        if image and image not in added:
            added.add(image)
            try:
                stored = await run.resources.images.open(image, admits=lambda directory: directory == run.directory)
                yield Member(f"images/{image}", stored.chunks)
            except FileNotFound:
                missing += 1  # deleted after the snapshot
        done += 1
        await run.report(done, total, _sentence(done, total, missing))
    await run.report(done, total, _sentence(done, total, missing))


async def _embeddings(seen: Snapshot, count: ModelCount) -> AsyncIterator[bytes]:
    yield embeddings_file.header(count.faces, count.dimension)
    async for embedding in seen.embeddings(count.model):
        yield embeddings_file.row(embedding)


def _manifest(run: Run, models: list[ModelCount], in_use: Model, persons: int) -> Manifest:
    return Manifest(
        created_at=datetime.now(UTC),
        software=f"faceserver {version('faceserver')}",
        directory=run.directory,
        models=tuple(_described(model, in_use) for model in models),
        persons=persons,
        faces=sum(model.faces for model in models),
        images=run.arguments["images"],
    )


def _described(count: ModelCount, in_use: Model) -> BundleModel:
    thresholds = {"match": in_use.thresholds.match, "review": in_use.thresholds.review}
    return BundleModel(
        id=count.model,
        dimension=count.dimension,
        faces=count.faces,
        embeddings=embeddings_name(count.model),
        thresholds=thresholds if count.model == in_use.id else None,
    )


def _sentence(done: int, total: int, missing: int) -> str:
    return f"{done:,} of {total:,} faces." + (f" {missing:,} photographs were missing." if missing else "")
