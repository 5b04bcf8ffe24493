"""What is printed about settings that are invalid."""

import pytest
from pydantic import SecretStr
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


class SafeSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="SAFE_")

    combination: SecretStr


@pytest.mark.parametrize("content", ["4-8-15-16", "4-8-15-16\n", "4-8-15-16\r\n"])
def test_a_secret_is_read_from_the_file_that_its_variable_names(monkeypatch, tmp_path, content):
    (tmp_path / "combination").write_text(content, newline="")
    monkeypatch.setenv("SAFE_COMBINATION_FILE", str(tmp_path / "combination"))
    assert read_settings(SafeSettings).combination.get_secret_value() == "4-8-15-16"


@pytest.mark.parametrize(
    ("content", "given", "fault"),
    [
        (None, None, "SAFE_COMBINATION_FILE: {path} cannot be read (no such file or directory)."),
        (b"\n", None, "SAFE_COMBINATION_FILE: {path} is empty."),
        (b"\xff\xfe", None, "SAFE_COMBINATION_FILE: {path} is not a text in UTF-8."),
        (b"one", "another", "SAFE_COMBINATION and SAFE_COMBINATION_FILE are both set; set one of them."),
    ],
    ids=["missing", "empty", "not a text", "set twice"],
)
def test_a_file_that_is_no_secret_is_a_sentence_that_shows_none(
    monkeypatch, capsys, tmp_path, *, content, given, fault
):
    path = tmp_path / "combination"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("SAFE_COMBINATION_FILE", str(path))
    if given:
        monkeypatch.setenv("SAFE_COMBINATION", given)
    with pytest.raises(SystemExit) as ended:
        read_settings(SafeSettings)
    assert (ended.value.code, capsys.readouterr().err) == (2, fault.format(path=path) + "\n")


@pytest.mark.parametrize("given", ["TLS_CERTIFICATE_FILE", "TLS_KEY_FILE"])
def test_half_of_a_certificate_is_refused(monkeypatch, capsys, given):
    monkeypatch.setenv("SHOP_SHELVES", "3")
    monkeypatch.setenv(f"SHOP_{given}", "one.pem")
    with pytest.raises(SystemExit):
        read_settings(ShopSettings)
    (missing,) = {"TLS_CERTIFICATE_FILE", "TLS_KEY_FILE"} - {given}
    assert capsys.readouterr().err == f"SHOP_{given} needs SHOP_{missing} as well.\n"
