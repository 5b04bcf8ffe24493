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
        description="Whether calls require a key. Unset: only if the service listens on another address than loopback.",
    )
    insecure_open: bool = Field(
        False,
        description="Whether everybody who reaches an address that is not loopback may do everything without a key.",
    )
    anonymous_key: SecretStr | None = Field(
        None,
        description="Key whose rights callers without a key get, for old clients that cannot send headers; on "
        "loopback only.",
    )

    link_seconds: PositiveInt = Field(
        600,
        le=86_400,
        description="How long links to photographs in answers are valid, where keys are required. A page that shows "
        "them later must request new ones.",
    )

    session_idle_seconds: int = Field(
        12 * 3600, ge=120, description="How long a session of a browser may be unused before it ends."
    )
    session_seconds: int = Field(
        7 * 86_400, ge=120, description="Maximum duration of a session of a browser, regardless of its use."
    )

    key_requests_per_minute: PositiveInt | None = Field(
        None,
        description="Maximum number of requests of one key per minute at each gateway (with `APISERVER_RATES_URL`: at "
        "all gateways together), unless the key has its own limit. Deletions do not count. Unset: no limit.",
    )
    key_requests_in_progress: PositiveInt | None = Field(
        None,
        description="Maximum number of requests of one key in progress at each gateway, unless the key has its own "
        "limit. Unset: an equal share of `APISERVER_MAX_REQUESTS` for each key with requests in progress, with one "
        "share left free: half for a single key, a third each for two.",
    )

    key_requests_per_day: PositiveInt | None = Field(
        None,
        description=("Maximum number of requests of one key per day (UTC) at all gateways together. Unset: no limit."),
    )
    key_lane_seconds_per_day: PositiveFloat | None = Field(
        None,
        description="Maximum time of the vectorizers' lanes for one key per day, in seconds, including imports. "
        "Unset: no limit.",
    )
    key_faces_per_day: PositiveInt | None = Field(
        None, description="Maximum number of faces that are found and embedded for one key per day. Unset: no limit."
    )
    key_stored_faces_per_day: PositiveInt | None = Field(
        None, description="Maximum number of faces that one key may enrol per day. Unset: no limit."
    )
    key_stored_bytes_per_day: PositiveInt | None = Field(
        None,
        description="Maximum number of bytes of photographs, crops and archives that are written for one key per day; "
        "beyond it, recognized photographs are not kept. Unset: no limit.",
    )
    key_database_seconds_per_day: PositiveFloat | None = Field(
        None,
        description="Maximum time of the database's statements for one key per day, in seconds. Unset: no limit.",
    )
    key_waiting_jobs: PositiveInt | None = Field(
        None,
        description="Maximum number of waiting jobs of one key; further imports and exports are refused. Unset: no "
        "limit.",
    )
    key_directories: PositiveInt | None = Field(
        None,
        description="Maximum number of existing directories that a key covers; beyond it, the key creates no more. "
        "Unset: no limit.",
    )
    rates_url: SecretStr | None = Field(
        None,
        description="Redis or Valkey in which all gateways count requests per minute together: redis://…, rediss://… "
        "or unix://…. Unset, or while it does not answer: each gateway counts by itself.",
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
