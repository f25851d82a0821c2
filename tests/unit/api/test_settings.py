"""Settings: from the environment and a TOML file, refused by name, and all of them on one page."""

from pathlib import Path

import pytest

from api.settings import CONFIG_VARIABLE, Settings
from api.settings_page import page
from vision.errors import ConfigError

ROOT = Path(__file__).parents[3]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "mingchu.toml"
    monkeypatch.setenv(CONFIG_VARIABLE, str(path))
    return path


def test_a_file_is_read_and_the_environment_wins(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text('port = 9000\nhost = "192.0.2.7"\ndata_dir = "/srv/mingchu"\n')
    monkeypatch.setenv("MINGCHU_PORT", "9001")
    settings = Settings()
    assert (settings.port, settings.host, settings.data_dir) == (9001, "192.0.2.7", Path("/srv/mingchu"))
    assert Settings(port=7).port == 7


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("prt = 1", "prt"),
        ("port = ", "TOML file that can be read"),
        ("port = 70000", "MINGCHU_PORT"),
        ('second_factor_roles = "boss"', "'boss' is no role"),
        ('cors_origins = "https://x.example/path"', "is no origin"),
        ('cors_origins = "*"', "is no origin"),
        ('log_format = "xml"', "MINGCHU_LOG_FORMAT"),
    ],
)
def test_what_is_wrong_is_named(config: Path, text: str, told: str) -> None:
    config.write_text(text)
    with pytest.raises(ConfigError, match=told):
        Settings()


def test_a_file_that_is_not_there_is_told(config: Path) -> None:
    with pytest.raises(ConfigError, match=CONFIG_VARIABLE):
        Settings()


def test_a_wrong_secret_is_not_repeated(config: Path) -> None:
    config.write_text("s3_secret_key = 12345678")
    with pytest.raises(ConfigError) as refused:
        Settings()
    assert "12345678" not in str(refused.value)


def test_the_page_lists_every_setting_and_is_up_to_date() -> None:
    assert (ROOT / "docs" / "settings.md").read_text("utf-8") == page(), (
        "python -m api.settings_page > docs/settings.md"
    )


def test_every_setting_says_what_it_is() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
