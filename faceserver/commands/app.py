"""All commands of the command line."""

from faceserver.commands import audit, directories, doubts, faces, keys, persons
from faceserver.commands.calibrate import calibrate_people
from faceserver.commands.comparing import compare, verify
from faceserver.commands.detect import detect
from faceserver.commands.importing.people import import_people
from faceserver.commands.jobs import export, job
from faceserver.commands.learn import learn
from faceserver.commands.preview import preview
from faceserver.commands.recognize import recognize
from faceserver.commands.register import register
from faceserver.commands.serve import serve
from faceserver.commands.shared.key_file import Commands
from faceserver.commands.status import status
from faceserver.commands.usage import usage
from faceserver.commands.watch import watch

app = Commands(no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def about() -> None:
    """Face recognition: learn people from photographs and recognize them in others."""


for command in (serve, learn, recognize, verify, compare, detect, preview, watch, register, export, job, usage, status):
    app.command()(command)
app.command("import")(import_people)
app.command("calibrate")(calibrate_people)
app.add_typer(persons.app, name="persons")
app.add_typer(audit.app, name="audit")
app.add_typer(directories.app, name="directories")
app.add_typer(keys.app, name="keys")
app.add_typer(doubts.app, name="doubts")
persons.app.command("faces")(faces.list_faces)
persons.app.command()(faces.merge)
persons.app.command("merges")(faces.list_merges)
persons.app.command()(faces.split)
