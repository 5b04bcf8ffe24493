"""The files of the page: their size, their texts in all languages, and what the shell loads first."""

import gzip
import re
from pathlib import Path, PurePosixPath

import pytest

from web import STATIC

MAX_BYTES = 200_000
LANGUAGES = ("de", "fr", "es", "zh")

FILES = sorted(path for path in STATIC.rglob("*") if path.is_file())
MODULES = [path for path in FILES if path.suffix == ".js"]
STATIC_IMPORTS = re.compile(r'^(?:import|export) .*?"(\.[^"]+)";$', re.MULTILINE)
ENTRY = re.compile(r'^  (?:"([\w.-]+)"|(\w+)): (.+),$', re.MULTILINE)
PLACEHOLDER = re.compile(r"\{(\w+)\}")


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def strings(language: str) -> dict[str, str]:
    """The texts of a language, plural forms as they are written."""
    return {quoted or bare: value for quoted, bare, value in ENTRY.findall(text(STATIC / f"strings/{language}.js"))}


def resolved(module: Path, imported: str) -> Path:
    return (module.parent / imported).resolve()


def test_the_whole_page_is_small():
    """As it is sent, with all views and languages; a reader loads one language."""
    assert sum(len(gzip.compress(path.read_bytes())) for path in FILES) < MAX_BYTES


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_all_texts_with_the_same_values(language: str):
    english, other = strings("en"), strings(language)

    assert len(english) > 100
    assert list(other) == list(english)
    for key, value in english.items():
        assert set(PLACEHOLDER.findall(other[key])) == set(PLACEHOLDER.findall(value)), key
    assert sum(other[key] == value for key, value in english.items()) < len(english) / 10


def test_every_text_is_used():
    """Texts are named in full, or by a prefix and a code, such as `quality.${code}`."""
    sources = "".join(text(path) for path in MODULES if path.parent.name != "strings")
    prefixes = set(re.findall(r"`(\w+\.)\$\{", sources)) | {f"{path.stem}." for path in (STATIC / "views").iterdir()}
    unused = [key for key in strings("en") if f'"{key}"' not in sources and f"{key.split('.')[0]}." not in prefixes]
    assert unused == []


def test_every_import_is_there_and_in_its_layer():
    allowed = {"core": {"core", "strings"}, "parts": {"core", "parts"}, "views": {"core", "parts", "views"}}
    for module in MODULES:
        for imported in STATIC_IMPORTS.findall(text(module)):
            target = resolved(module, imported)
            assert target.is_file(), (module, imported)
            assert target.parent.name in allowed[module.parent.name], (module, imported)


def test_the_shell_preloads_what_it_needs_first():
    needed, open_ones = set[Path](), [STATIC / "core/main.js"]
    while open_ones:
        module = open_ones.pop()
        found = {resolved(module, each) for each in STATIC_IMPORTS.findall(text(module))} - needed
        needed |= found
        open_ones += found

    preloaded = re.findall(r'rel="modulepreload" href="([^"]+)"', text(STATIC / "index.html"))

    assert {STATIC / name for name in preloaded} == needed - {STATIC / "core/main.js"}


def test_a_view_has_its_styles_and_its_name():
    views = {path.stem for path in (STATIC / "views").iterdir()} - {"sign-in"}
    english = strings("en")

    assert views == set(re.findall(r'import\("\.\./views/([\w-]+)\.js"\)', text(STATIC / "core/routes.js")))
    for view in views:
        assert (STATIC / f"styles/{view}.css").is_file(), view
        assert f"{view}.title" in english


def test_nothing_comes_from_other_hosts_or_is_inline():
    for path in FILES:
        urls = set(re.findall(r"https?://[^\s\"'`]+", text(path))) - {"http://www.w3.org/2000/svg", "https://"}
        assert {url for url in urls if len(url) > 10} == set(), path
    assert not re.search(r"<script>|<style|\son\w+=|\sstyle=", text(STATIC / "index.html"))
    assert not any("innerHTML" in text(path).replace("without innerHTML", "") for path in MODULES)


def test_names_of_files_are_those_that_are_served():
    served = re.compile(r"(?:(?:core|parts|views|strings|styles)/)?[a-z0-9-]+\.(?:js|css|svg|html)")
    assert all(served.fullmatch(str(PurePosixPath(path.relative_to(STATIC)))) for path in FILES)
