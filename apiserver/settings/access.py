"""Settings of who may call, and of how much: keys, their limits, sessions, and links to photographs."""

import re

from pydantic import Field, PositiveFloat, PositiveInt, SecretStr, ValidationInfo, field_validator

from apiserver.settings.identity_provider import OidcSettings
from serving.host_names import is_loopback

_RATES_URL = re.compile(r"(redis|valkey)s?://[^/]+.*|unix://.*/.+")


class AccessSettings(OidcSettings):
    """Who may call, and how much."""

    require_keys: bool | None = Field(
        None,
        description="Whether calls require a key. Unset: if the service listens on another address than loopback.",
    )
    insecure_open: bool = Field(
        False,
        description="Whether everybody who reaches an address that is not loopback may do everything without a key.",
    )
    anonymous_key: SecretStr | None = Field(
        None,
        description="Key that callers without one get, for old clients that send no headers; on loopback only.",
    )

    link_seconds: PositiveInt = Field(
        600,
        le=86_400,
        description="How long the links to photographs in answers work where keys are required. A page that shows "
        "them later asks for new ones.",
    )

    session_idle_seconds: int = Field(
        12 * 3600, ge=120, description="How long a session of a browser may be unused before it ends."
    )
    session_seconds: int = Field(
        7 * 86_400, ge=120, description="How long a session of a browser lasts at most, however much it is used."
    )

    key_requests_per_minute: PositiveInt | None = Field(
        None,
        description="Maximum number of requests of one key in a minute at each gateway (with `rates_url`: at all "
        "together), unless the key has a limit of its own. Deletions do not count. Unset: no limit.",
    )
    key_requests_in_progress: PositiveInt | None = Field(
        None,
        description="Maximum number of requests of one key in progress at each gateway, unless the key has a limit of "
        "its own. Unset: an equal share of `max_requests` for each key with requests in progress, and one more: half "
        "for a single key, a third each for two.",
    )

    key_requests_per_day: PositiveInt | None = Field(
        None, description="Maximum number of requests of one key in a day, in UTC, at all gateways. Unset: no limit."
    )
    key_lane_seconds_per_day: PositiveFloat | None = Field(
        None,
        description="Seconds that the vectorizers' lanes may work for one key in a day, imports included. "
        "Unset: no limit.",
    )
    key_faces_per_day: PositiveInt | None = Field(
        None, description="Number of faces that may be found and embedded for one key in a day. Unset: no limit."
    )
    key_stored_faces_per_day: PositiveInt | None = Field(
        None, description="Number of faces that one key may enrol in a day. Unset: no limit."
    )
    key_stored_bytes_per_day: PositiveInt | None = Field(
        None,
        description="Bytes of photographs, crops and archives that may be written for one key in a day; beyond it, "
        "recognized photographs are not kept. Unset: no limit.",
    )
    key_database_seconds_per_day: PositiveFloat | None = Field(
        None,
        description="Seconds that the statements of one key may take in the database in a day. Unset: no limit.",
    )
    key_waiting_jobs: PositiveInt | None = Field(
        None,
        description="Number of one key's jobs that may wait; further imports and exports are refused. Unset: no limit.",
    )
    key_directories: PositiveInt | None = Field(
        None,
        description="Number of directories among those that a key covers, beyond which it makes no more. "
        "Unset: no limit.",
    )
    rates_url: SecretStr | None = Field(
        None,
        description="Redis or Valkey in which all gateways count requests per minute together: redis://…, rediss://… "
        "or unix://…. While it does not answer, each gateway counts by itself. Unset: each does.",
    )

    @property
    def keys_required(self) -> bool:
        """Whether calls require a key."""
        return bool(self.require_keys) or not (is_loopback(self.host) or self.insecure_open)

    @field_validator("anonymous_key")
    @classmethod
    def _is_for_loopback(cls, key: SecretStr | None, known: ValidationInfo) -> SecretStr | None:
        if key is not None and not is_loopback(known.data.get("host", "")):
            raise ValueError("is allowed only if APISERVER_HOST is loopback; everybody would have this key")
        return key

    @field_validator("rates_url")
    @classmethod
    def _names_a_rate_store(cls, url: SecretStr | None) -> SecretStr | None:
        if url is None or not url.get_secret_value():
            return None
        if not _RATES_URL.fullmatch(url.get_secret_value()):
            raise ValueError("must have the form redis://…, rediss://…, valkey://…, valkeys://… or unix:///…")
        return url
