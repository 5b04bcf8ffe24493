"""What is printed about settings that are invalid."""

import pytest
from pydantic_settings import SettingsConfigDict

from serving.settings import ServiceSettings, read_settings


class ShopSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="SHOP_")

    shelves: int


def test_each_invalid_setting_gets_a_line_with_the_name_of_its_variable(monkeypatch, capsys):
    monkeypatch.setenv("SHOP_LOG_LEVEL", "loud")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://collector")
    with pytest.raises(SystemExit) as ended:
        read_settings(ShopSettings)

    assert ended.value.code == 2
    lines = capsys.readouterr().err.splitlines()
    assert sorted(line.partition(":")[0] for line in lines) == [
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "SHOP_LOG_LEVEL",
        "SHOP_SHELVES",
    ]


def test_an_empty_endpoint_sends_no_traces(monkeypatch):
    monkeypatch.setenv("SHOP_SHELVES", "3")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
    settings = read_settings(ShopSettings)
    assert (settings.shelves, settings.otlp_endpoint) == (3, None)
