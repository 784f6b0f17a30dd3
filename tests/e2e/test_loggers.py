"""Loggers of the user's own, and the console's (api.md 1.15)."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from tidemill import (
    Config,
    DagsterInstance,
    DagsterInvalidConfigError,
    DagsterInvalidDefinitionError,
    DagsterInvalidInvocationError,
    Definitions,
    JsonLogFormatter,
    asset,
    build_init_logger_context,
    colored_console_logger,
    default_loggers,
    define_asset_job,
    execute_job,
    get_dagster_logger,
    graph,
    job,
    json_console_logger,
    logger,
    op,
    reconstructable,
)

heard: list[Any] = []


def own_logger(name: str, level: str = "NOTSET") -> logging.Logger:
    return logging.Logger(name, level=level)  # noqa: LOG001  (as users write it)


class Ear(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        heard.append((record.levelname, record.getMessage(), record.dagster_meta["orig_message"]))


@logger({"level": str, "name": str | None}, description="to the list")
def ear(context):
    heard.append(
        (context.logger_config, context.job_def.name, len(context.run_id) > 8, context.logger_def.description)
    )
    made = own_logger(context.logger_config["name"] or "ear", context.logger_config["level"])
    made.addHandler(Ear())
    return made


@logger
def other(context):
    heard.append("other")
    return own_logger("other")


@asset
def spoken(context) -> int:
    context.log.debug("a %s", "detail")
    context.log.info("hello")
    get_dagster_logger().warning("beware")
    return 1


@pytest.fixture(autouse=True)
def _quiet():
    heard.clear()


def talking(config: Any = None, **loggers: Any) -> Any:
    defs = Definitions([spoken], loggers=loggers, jobs=[define_asset_job("talk", config=config)])
    return defs.get_job_def("talk")


def test_a_logger_that_run_config_names_hears_every_message() -> None:
    run = talking(ear=ear, other=other).execute_in_process(
        {"loggers": {"ear": {"config": {"level": "INFO"}}}}
    )
    assert heard == [
        ({"level": "INFO", "name": None}, "talk", True, "to the list"),
        ("INFO", f"talk - {run.run_id} - spoken - hello", "hello"),
        ("WARNING", f"talk - {run.run_id} - spoken - beware", "beware"),
    ]


def test_a_logger_that_it_does_not_name_is_not_made() -> None:
    assert talking(ear=ear, other=other).execute_in_process().success
    assert heard == []


def test_a_job_names_loggers_too_and_a_preset_is_filled_in() -> None:
    loud = ear.configured({"level": "WARNING"})
    talking({"loggers": {"loud": {}, "other": {}}}, loud=loud, other=other).execute_in_process()
    assert [each if isinstance(each, str) else each[0] for each in heard] == [
        {"level": "WARNING", "name": None},
        "other",
        "WARNING",
    ]


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"zz": {}}, 'unexpected config entry "zz" at path root:loggers'),
        ({"ear": {"config": {"bad": 1}}}, "root:loggers:ear:config"),
        ({"ear": {}}, "level"),
        ({"console": {"config": {"log_level": 3}}}, "root:loggers:console:config:log_level"),
    ],
)
def test_config_that_cannot_be(section: dict[str, Any], said: str) -> None:
    with pytest.raises(DagsterInvalidConfigError) as caught:
        talking(ear=ear).execute_in_process({"loggers": section})
    assert said in str(caught.value)
    assert heard == []


def test_the_console_is_always_there_with_its_level(capsys: pytest.CaptureFixture[str]) -> None:
    talking().execute_in_process({"loggers": {"console": {"config": {"log_level": "warning"}}}})
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(" - spoken - beware")
    assert " - tidemill - WARNING - talk - " in line


def test_the_console_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    talking(console=json_console_logger).execute_in_process(
        {"loggers": {"console": {"config": {"log_level": "INFO", "name": "mine"}}}}
    )
    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert (first["name"], first["levelname"], first["dagster_meta"]["step_key"]) == (
        "mine",
        "INFO",
        "spoken",
    )
    assert second["message"].endswith(" - beware")


def test_a_logger_is_called_directly() -> None:
    made = json_console_logger(build_init_logger_context(logger_config={"log_level": "ERROR", "name": "q"}))
    assert (made.name, made.level) == ("q", logging.ERROR)
    assert isinstance(made.handlers[0].formatter, JsonLogFormatter)
    assert colored_console_logger(build_init_logger_context()).level == logging.INFO
    assert other().name == "other"
    with pytest.raises(DagsterInvalidInvocationError, match="build_init_logger_context"):
        ear("no context")
    assert default_loggers() == {"console": colored_console_logger}


def test_what_is_no_logger() -> None:
    with pytest.raises(DagsterInvalidDefinitionError, match="what @logger gave"):
        Definitions(loggers={"x": logging.getLogger("x")})
    with pytest.raises(DagsterInvalidDefinitionError, match=r"logging\.Logger"):
        logger(lambda context: print)(build_init_logger_context())
    with pytest.raises(DagsterInvalidDefinitionError, match="a dict of config"):
        ear.configured(lambda config: config)


class Target(Config):
    path: str


@logger(Target)
def to_file(context):
    made = own_logger("file", "INFO")
    made.addHandler(logging.FileHandler(context.logger_config["path"]))
    return made


def filed() -> Any:
    defs = Definitions([spoken], loggers={"file": to_file}, jobs=[define_asset_job("filed")])
    return defs.get_job_def("filed")


def test_in_processes_too(tmp_path) -> None:
    path = tmp_path / "messages"
    config = {"loggers": {"file": {"config": {"path": str(path)}}, "console": {}}}
    with DagsterInstance.local_temp(str(tmp_path / "store")) as instance:
        assert execute_job(reconstructable(filed), instance, run_config=config).success
    assert [line.rpartition(" - ")[2] for line in path.read_text().splitlines()] == ["hello", "beware"]


@op
def say(context):
    context.log.warning("from an op")


def test_a_job_of_ops_brings_its_own() -> None:
    @job(logger_defs={"ear": ear}, config={"loggers": {"ear": {"config": {"level": "WARNING"}}}})
    def talk():
        say()

    run = talk.execute_in_process()
    assert heard[1:] == [("WARNING", f"talk - {run.run_id} - say - from an op", "from an op")]
    heard.clear()

    @graph
    def chat():
        say()

    chat.to_job(logger_defs={"o": other}).execute_in_process({"loggers": {"o": {}}})
    assert heard == ["other"]
    with pytest.raises(DagsterInvalidDefinitionError, match="what @logger gave"):
        chat.to_job(logger_defs={"o": print})
