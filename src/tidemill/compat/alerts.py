"""Messages about runs that failed: what they say, and the sensor that sends them by e-mail."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tidemill.compat.run_status import (
    RunFailureSensorContext,
    RunFailureSensorDefinition,
    run_failure_sensor,
)
from tidemill.definitions.arguments import wrong_type
from tidemill.definitions.triggers.sensors import DefaultSensorStatus

SMTP_SECONDS = 30
PORTS = {"SSL": 465, "STARTTLS": 587}


def failure_text(context: RunFailureSensorContext) -> str:
    """What failed, in two lines: the job with its run, and the steps."""
    run = context.dagster_run
    return f'Job "{run.job_name}" failed (run {run.run_id}).\n{context.failure_event.message}'


def run_link(webserver_base_url: str | None, run_id: str) -> str | None:
    """The address of a run's page, where there is one."""
    return None if webserver_base_url is None else f"{webserver_base_url.rstrip('/')}/runs/{run_id}"


def failure_sensor(
    name: str,
    tell: Callable[[RunFailureSensorContext], None],
    monitored_jobs: Iterable[Any] | None,
    job_selection: Iterable[Any] | None,
    monitor_all: bool,
    default_status: DefaultSensorStatus,
    minimum_interval_seconds: int | None = None,
) -> RunFailureSensorDefinition:
    """A sensor that tells of each failure."""
    define = run_failure_sensor(
        name=name,
        minimum_interval_seconds=minimum_interval_seconds,
        monitored_jobs=monitored_jobs,
        job_selection=job_selection,
        monitor_all_code_locations=monitor_all,
        default_status=default_status,
    )
    sensor: RunFailureSensorDefinition = define(tell)
    return sensor


def _email_body(context: RunFailureSensorContext) -> str:
    from html import escape  # noqa: PLC0415

    return "<br>".join(escape(line) for line in failure_text(context).splitlines())


def _email_subject(context: RunFailureSensorContext) -> str:
    return f"Tidemill: the job {context.dagster_run.job_name} failed"


def make_email_on_run_failure_sensor(
    email_from: str,
    email_password: str,
    email_to: Sequence[str],
    email_body_fn: Callable[[RunFailureSensorContext], str] = _email_body,
    email_subject_fn: Callable[[RunFailureSensorContext], str] = _email_subject,
    smtp_host: str = "smtp.gmail.com",
    smtp_type: str = "SSL",
    smtp_port: int | None = None,
    smtp_user: str | None = None,
    name: str | None = None,
    webserver_base_url: str | None = None,
    monitored_jobs: Iterable[Any] | None = None,
    job_selection: Iterable[Any] | None = None,
    monitor_all_code_locations: bool = False,
    default_status: DefaultSensorStatus = DefaultSensorStatus.STOPPED,
    monitor_all_repositories: bool = False,
) -> RunFailureSensorDefinition:
    """A sensor that sends an e-mail for each run that failed.

    Args:
        email_from: Who sends it.
        email_password: Of the account at the server.
        email_to: Who gets it.
        email_body_fn: Gives the text, as HTML.
        email_subject_fn: Gives the subject.
        smtp_host, smtp_port: The server; the usual port of `smtp_type` where it is not given.
        smtp_type: "SSL" or "STARTTLS".
        smtp_user: The account; `email_from` where it is not given.
        name: Of the sensor.
        webserver_base_url: Where the page is that runs are linked to.
        monitored_jobs, job_selection: Jobs, or their names; all by default.
        monitor_all_code_locations, monitor_all_repositories: As of `run_status_sensor`.
        default_status: Whether it is on where nobody has switched it.

    Raises:
        InvalidDefinitionError: `smtp_type` is neither, or `email_to` is no list.

    Example:
        >>> make_email_on_run_failure_sensor("me@example.com", "…", ["you@example.com"]).name
        'email_on_run_failure'
    """
    if smtp_type not in PORTS:
        raise wrong_type("make_email_on_run_failure_sensor", "smtp_type", smtp_type, " or ".join(PORTS))
    if isinstance(email_to, str):
        raise wrong_type("make_email_on_run_failure_sensor", "email_to", email_to, "a list of addresses")
    recipients = list(email_to)

    def tell(context: RunFailureSensorContext) -> None:
        from email.message import EmailMessage  # noqa: PLC0415  (only where a message is sent)

        message = EmailMessage()
        message["From"], message["To"] = email_from, ", ".join(recipients)
        message["Subject"] = email_subject_fn(context)
        body = email_body_fn(context)
        link = run_link(webserver_base_url, context.dagster_run.run_id)
        if link is not None:
            body += f'<p><a href="{link}">See the run</a></p>'
        message.set_content(body, subtype="html")
        port = smtp_port if smtp_port is not None else PORTS[smtp_type]
        _send(message, smtp_host, port, smtp_type, smtp_user or email_from, email_password)

    return failure_sensor(
        name or "email_on_run_failure",
        tell,
        monitored_jobs,
        job_selection,
        monitor_all_code_locations or monitor_all_repositories,
        default_status,
    )


def _send(message: Any, host: str, port: int, kind: str, user: str, password: str) -> None:
    import smtplib  # noqa: PLC0415  (only where a message is sent)
    import ssl  # noqa: PLC0415

    secure = ssl.create_default_context()
    if kind == "SSL":
        with smtplib.SMTP_SSL(host, port, timeout=SMTP_SECONDS, context=secure) as server:
            server.login(user, password)
            server.send_message(message)
        return
    with smtplib.SMTP(host, port, timeout=SMTP_SECONDS) as server:
        server.starttls(context=secure)
        server.login(user, password)
        server.send_message(message)
