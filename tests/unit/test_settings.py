"""Settings: argument, environment, file, default; and where the store is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tidemill.core.errors import InvalidConfigError
from tidemill.core.settings import SETTINGS, Settings, load_settings, store_folder


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    return folder


@pytest.fixture
def project(home: Path) -> Path:
    folder = home / "project"
    (folder / "inner").mkdir(parents=True)
    return folder


def pyproject(folder: Path, text: str = "") -> None:
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")


def test_defaults(project: Path) -> None:
    assert load_settings(environment={}, folder=project) == Settings(home=project / ".tidemill")


def test_argument_before_environment_before_file_before_default(project: Path) -> None:
    def durability(**arguments: str | None) -> str:
        return load_settings(arguments, environment=environment, folder=project / "inner").durability

    environment: dict[str, str] = {}
    assert durability() == "normal"
    pyproject(project, '[tool.tidemill]\ndurability = "full"')
    assert durability() == "full"
    environment["TIDEMILL_DURABILITY"] = "normal"
    assert durability() == "normal"
    assert durability(durability="full") == "full"
    assert durability(durability=None) == "normal"


def test_the_grace_time(project: Path) -> None:
    assert load_settings(environment={}, folder=project).grace == 5
    assert load_settings(environment={"TIDEMILL_GRACE": "0.5"}, folder=project).grace == 0.5
    pyproject(project, "[tool.tidemill]\ngrace = 30")
    assert load_settings(environment={}, folder=project).grace == 30
    for wrong in ("-1", "soon", "inf", "nan"):
        with pytest.raises(InvalidConfigError) as caught:
            load_settings(environment={"TIDEMILL_GRACE": wrong}, folder=project)
        assert caught.value.subject == "grace"
        assert caught.value.found == repr(wrong)


def test_how_long_things_are_kept(project: Path) -> None:
    pyproject(project, '[tool.tidemill]\nkeep_logs = "12h"\nkeep_events = "forever"')
    settings = load_settings(environment={}, folder=project)
    assert (settings.keep_logs, settings.keep_events) == (43_200, None)


def test_tidemill_toml_goes_before_pyproject(project: Path) -> None:
    pyproject(project, '[tool.tidemill]\nmodule = "a"')
    (project / "tidemill.toml").write_text('module = "b"', encoding="utf-8")
    settings = load_settings(environment={}, folder=project)
    assert settings.module == "b"
    assert settings.project == project


def test_a_path_in_a_file_is_meant_from_there(project: Path, home: Path) -> None:
    pyproject(project, '[tool.tidemill]\nhome = "state"\nfile = "assets.py"')
    settings = load_settings(environment={}, folder=project / "inner")
    assert settings.home == project / "state"
    assert settings.file == str(project / "assets.py")
    pyproject(project, '[tool.tidemill]\nhome = "~/state"')
    assert load_settings(environment={}, folder=project).home == home / "state"


def test_a_path_in_the_environment_is_meant_from_the_working_folder(project: Path) -> None:
    settings = load_settings(environment={"TIDEMILL_HOME": "state"}, folder=project)
    assert settings.home == project / "state"


@pytest.mark.parametrize(
    ("text", "subject", "found"),
    [
        ('[tool.tidemill]\nhom = "x"', "hom", "hom"),
        ('[tool.tidemill]\ndurability = "some"', "durability", "'some'"),
        ('[tool.tidemill]\nkeep_logs = "a month"', "keep_logs", "'a month'"),
        ("[tool.tidemill]\nkeep_events = 30", "keep_events", "'30'"),
    ],
)
def test_what_is_unknown_is_an_error(project: Path, text: str, subject: str, found: str) -> None:
    pyproject(project, text)
    with pytest.raises(InvalidConfigError) as caught:
        load_settings(environment={}, folder=project)
    assert (caught.value.subject, caught.value.found) == (subject, found)
    assert caught.value.expected


def test_a_file_that_is_not_toml_is_named(project: Path) -> None:
    pyproject(project, "[tool")
    with pytest.raises(InvalidConfigError) as caught:
        load_settings(environment={}, folder=project)
    assert caught.value.subject == str(project / "pyproject.toml")
    assert caught.value.next_step


def test_the_store_is_the_nearest_one_upward(project: Path) -> None:
    pyproject(project / "inner")
    (project / ".tidemill").mkdir()
    assert store_folder(project / "inner") == project / ".tidemill"


def test_a_project_with_settings_of_its_own_has_a_store_of_its_own(project: Path) -> None:
    (project / ".tidemill").mkdir()
    pyproject(project / "inner", '[tool.tidemill]\nfile = "p.py"')
    deep = project / "inner" / "deep"
    deep.mkdir()
    assert load_settings(environment={}, folder=deep).home == project / "inner" / ".tidemill"
    (deep / ".tidemill").mkdir()
    assert load_settings(environment={}, folder=deep).home == deep / ".tidemill"


def test_without_a_store_it_is_beside_the_nearest_project(project: Path) -> None:
    pyproject(project)
    assert store_folder(project / "inner") == project / ".tidemill"
    pyproject(project / "inner")
    assert store_folder(project / "inner") == project / "inner" / ".tidemill"


def test_without_a_project_it_is_here(project: Path) -> None:
    assert store_folder(project / "inner") == project / "inner" / ".tidemill"


def test_the_search_ends_at_the_home_folder(project: Path, home: Path) -> None:
    (home.parent / ".tidemill").mkdir()
    pyproject(home.parent)
    assert store_folder(project) == project / ".tidemill"
    (home / ".tidemill").mkdir()
    assert store_folder(project) == home / ".tidemill"


def test_a_file_named_like_a_store_is_none(project: Path) -> None:
    (project / ".tidemill").write_text("", encoding="utf-8")
    assert store_folder(project / "inner") == project / "inner" / ".tidemill"


def test_every_setting_is_a_field_and_has_help() -> None:
    assert {setting.name for setting in SETTINGS} == set(Settings._fields) - {"project"}
    assert all(setting.help for setting in SETTINGS)
