"""Secrets from files: for each secret setting X, the variable X_FILE can name a file that contains it."""

import os
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource


class UnusableSecret(ValueError):
    """The text is a sentence that names the variable and says what is wrong; it contains no secret."""


class SecretFiles(PydanticBaseSettingsSource):
    """The source of secrets whose variable with the suffix _FILE is set."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return the secret of a field, None if it is not in a file. Raises UnusableSecret."""
        variable = f"{self.config.get('env_prefix', '')}{field_name}".upper()
        declared = f"{field_name}_file" in self.settings_cls.model_fields  # a setting that reads the file itself
        if not is_secret(field) or declared:
            return None, field_name, False
        environment = os.environ  # noqa: TID251 - a source of pydantic-settings
        path = environment.get(f"{variable}_FILE")
        if not path:
            return None, field_name, False
        if environment.get(variable):
            raise UnusableSecret(f"{variable} and {variable}_FILE are both set; set one of them.")
        return read_secret(Path(path), f"{variable}_FILE"), field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return the secrets that are in files, by field."""
        found = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: secret for name, secret in found.items() if secret is not None}


class SettingsWithSecrets(BaseSettings):
    """Settings whose secrets can be in files."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature of pydantic-settings
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources, the first of which has precedence."""
        return init_settings, SecretFiles(settings_cls), env_settings


def is_secret(field: FieldInfo) -> bool:
    """Tell whether a field is a secret."""
    return field.annotation in (SecretStr, SecretStr | None)


def read_secret(path: Path, name: str) -> str:
    """Return the content of a file without the newline at its end. Raises UnusableSecret, which begins with `name`."""
    try:
        secret = path.read_text("utf-8").removesuffix("\n").removesuffix("\r")
    except OSError as error:
        raise UnusableSecret(f"{name}: {path} cannot be read ({(error.strerror or 'error').lower()}).") from None
    except UnicodeDecodeError:
        raise UnusableSecret(f"{name}: {path} is not a text in UTF-8.") from None
    if not secret:
        raise UnusableSecret(f"{name}: {path} is empty.")
    return secret


def require_token(secret: SecretStr | None) -> SecretStr | None:
    """Return a secret that is sent in a header. Raises ValueError if it does not fit there."""
    text = secret.get_secret_value() if secret else ""
    if not (text.isascii() and text.isprintable() and " " not in text):
        raise ValueError("must consist of ASCII letters, digits and signs, without spaces")
    return secret
