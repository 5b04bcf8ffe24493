"""docs/configuration.md lists every setting with its default and its meaning."""

import pytest
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

import apiserver.settings.settings
import faceserver.standalone.settings
import vectorizer.settings
from tests.checkout import ROOT

DOCUMENT = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
SERVICES: list[type[BaseSettings]] = [
    faceserver.standalone.settings.Settings,
    apiserver.settings.settings.Settings,
    vectorizer.settings.Settings,
]


def default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if field.default_factory is not None:
        return "the user's cache folder"
    value = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
    return f"`{value}`" if value not in (None, "") else "unset"


def rows(settings: type[BaseSettings]) -> list[str]:
    prefix = settings.model_config["env_prefix"]
    return [
        f"| `{field.validation_alias or prefix + name.upper()}` | {default(field)} | {field.description} |"
        for name, field in settings.model_fields.items()
    ]


@pytest.mark.parametrize("settings", SERVICES, ids=lambda settings: settings.__module__)
def test_every_setting_is_documented(settings: type[BaseSettings]):
    missing = [row for row in rows(settings) if row not in DOCUMENT]
    assert not missing, "add to docs/configuration.md:\n" + "\n".join(missing)


def test_every_documented_setting_exists():
    documented = [line for line in DOCUMENT.splitlines() if line.startswith("| `")]
    known = [row for settings in SERVICES for row in rows(settings)]
    assert [row for row in documented if row not in known] == []
