"""Messages to Slack: a client, resources that hold one, hooks of steps, and a sensor of runs that failed.

The client speaks Slack's Web API over HTTPS by itself: `client.chat_postMessage(channel=…, text=…)` calls
`chat.postMessage`, and any other method is called by its name in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tidemill.compat.alerts import failure_sensor, failure_text, run_link
from tidemill.compat.run_status import RunFailureSensorContext, RunFailureSensorDefinition
from tidemill.core.errors import TidemillError
from tidemill.definitions.hooks import HookDefinition, failure_hook, success_hook
from tidemill.definitions.resources.functions import resource
from tidemill.definitions.resources.resource_set import InitResourceContext
from tidemill.definitions.resources.resources import ConfigurableResource
from tidemill.definitions.triggers.sensors import DefaultSensorStatus

API_URL = "https://slack.com/api/"
SECONDS = 30


class SlackError(TidemillError):
    """Slack could not be reached, or did not do what it was asked."""


class SlackResponse(dict[str, Any]):
    """What Slack answered, as a dict."""

    @property
    def data(self) -> dict[str, Any]:
        """The same, as a plain dict."""
        return dict(self)


class SlackClient:
    """Calls methods of Slack's Web API.

    Args:
        token: A bot token, `xoxb-…`.
        base_url: Where the API is.
    """

    def __init__(self, token: str | None, base_url: str = API_URL) -> None:
        self.token = token
        self.base_url = base_url

    def api_call(self, api_method: str, *, json: Mapping[str, Any] | None = None) -> SlackResponse:
        """Call a method, such as `chat.postMessage`.

        Args:
            api_method: Its name.
            json: Its arguments.

        Raises:
            SlackError: There is no token, Slack cannot be reached, or it answers with an error.
        """
        from json import dumps, loads  # noqa: PLC0415
        from urllib.error import HTTPError, URLError  # noqa: PLC0415  (only where something is sent)
        from urllib.request import Request, urlopen  # noqa: PLC0415

        if not self.token:
            raise SlackError(
                "There is no token to talk to Slack with",
                subject=api_method,
                found="None" if self.token is None else "an empty token",
                expected="a bot token, xoxb-…",
                next_step="set the variable that slack_token= or token= reads",
            )
        request = Request(
            f"{self.base_url.rstrip('/')}/{api_method}",
            data=dumps(dict(json or {})).encode(),
            headers={
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json; charset=utf-8",
            },
        )
        try:
            with urlopen(request, timeout=SECONDS) as answer:
                told = SlackResponse(loads(answer.read()))
        except (HTTPError, URLError, TimeoutError, ValueError) as error:
            raise SlackError(
                f"Slack could not be asked for {api_method}: {error}",
                subject=api_method,
                found=str(error),
                expected=f"an answer of {self.base_url}",
            ) from error
        if not told.get("ok"):
            raise SlackError(
                f"Slack refused {api_method}: {told.get('error', 'it does not say why')}",
                subject=api_method,
                found=str(told.get("error")),
                expected="ok",
                next_step="compare the token's scopes and the channel with what the method needs",
            )
        return told

    def chat_postMessage(self, *, channel: str, **arguments: Any) -> SlackResponse:
        """Post a message; `text`, `blocks` and others are Slack's own arguments."""
        return self.api_call("chat.postMessage", json={"channel": channel, **arguments})

    def __getattr__(self, name: str) -> Callable[..., SlackResponse]:
        if name.startswith("_"):
            raise AttributeError(name)

        def call(**arguments: Any) -> SlackResponse:
            return self.api_call(name.replace("_", "."), json=arguments)

        return call


class SlackResource(ConfigurableResource[Any]):
    """A client for Slack.

    Attributes:
        token: A bot token; best an `EnvVar`.
        base_url: Where the API is.

    Example:
        >>> SlackResource(token="xoxb-1").get_client().base_url
        'https://slack.com/api/'
    """

    token: str
    base_url: str = API_URL

    def get_client(self) -> SlackClient:
        """The client."""
        return SlackClient(self.token, self.base_url)


def _open_client(context: InitResourceContext) -> SlackClient:
    """A client for Slack, configured by a token."""
    return SlackClient(context.resource_config["token"], context.resource_config.get("base_url") or API_URL)


slack_resource = resource(config_schema={"token": str}, description="A client for Slack")(_open_client)


def make_slack_on_run_failure_sensor(
    channel: str,
    slack_token: str | None,
    text_fn: Callable[[RunFailureSensorContext], str] = failure_text,
    blocks_fn: Callable[[RunFailureSensorContext], list[dict[str, Any]]] | None = None,
    name: str | None = None,
    dagit_base_url: str | None = None,
    minimum_interval_seconds: int | None = None,
    monitored_jobs: Iterable[Any] | None = None,
    job_selection: Iterable[Any] | None = None,
    monitor_all_code_locations: bool = False,
    default_status: DefaultSensorStatus = DefaultSensorStatus.STOPPED,
    webserver_base_url: str | None = None,
    monitor_all_repositories: bool = False,
    *,
    api_url: str = API_URL,
) -> RunFailureSensorDefinition:
    """A sensor that posts a message for each run that failed.

    Args:
        channel: Where to: `#name`, or an id.
        slack_token: A bot token. It may be None while the definitions are read, and is needed when a run failed.
        text_fn: Gives the text.
        blocks_fn: Gives Slack's blocks; a section with the text, and the link, where it is not given.
        name: Of the sensor.
        dagit_base_url: Older name of `webserver_base_url`.
        minimum_interval_seconds: Between two evaluations, at least; 30 where it is not given.
        monitored_jobs, job_selection: Jobs, or their names; all by default.
        monitor_all_code_locations, monitor_all_repositories: As of `run_status_sensor`.
        default_status: Whether it is on where nobody has switched it.
        webserver_base_url: Where the page is that runs are linked to.
        api_url: Where Slack's API is.

    Raises:
        InvalidDefinitionError: `monitored_jobs` is no list of jobs or names.

    Example:
        >>> make_slack_on_run_failure_sensor("#ml", slack_token=None, monitored_jobs=["train"]).name
        'slack_on_run_failure'
    """
    page = webserver_base_url or dagit_base_url

    def tell(context: RunFailureSensorContext) -> None:
        text = text_fn(context)
        blocks = blocks_fn(context) if blocks_fn is not None else section(text)
        link = run_link(page, context.dagster_run.run_id)
        if link is not None:
            blocks = [*blocks, *section(f"<{link}|See the run>")]
        SlackClient(slack_token, api_url).chat_postMessage(channel=channel, text=text, blocks=blocks)

    return failure_sensor(
        name or "slack_on_run_failure",
        tell,
        monitored_jobs,
        job_selection,
        monitor_all_code_locations or monitor_all_repositories,
        default_status,
        minimum_interval_seconds,
    )


def section(text: str) -> list[dict[str, Any]]:
    """A text as Slack's blocks."""
    return [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]


def _succeeded(context: Any) -> str:
    return f"The step {context.op.name} of the job {context.job_name} succeeded (run {context.run_id})."


def _failed(context: Any) -> str:
    return f"The step {context.op.name} of the job {context.job_name} failed (run {context.run_id})."


def slack_on_success(
    channel: str,
    message_fn: Callable[[Any], str] = _succeeded,
    dagit_base_url: str | None = None,
    webserver_base_url: str | None = None,
) -> HookDefinition:
    """A hook that posts a message when a step has succeeded; it needs a resource `slack`.

    Args:
        channel: Where to.
        message_fn: Gives the text, from a `HookContext`.
        dagit_base_url: Older name of `webserver_base_url`.
        webserver_base_url: Where the page is that runs are linked to.
    """
    post = _poster(channel, message_fn, webserver_base_url or dagit_base_url)
    return success_hook(name="slack_on_success", required_resource_keys={"slack"})(post)


def slack_on_failure(
    channel: str,
    message_fn: Callable[[Any], str] = _failed,
    dagit_base_url: str | None = None,
    webserver_base_url: str | None = None,
) -> HookDefinition:
    """A hook that posts a message when a step has failed for good; arguments as of `slack_on_success`."""
    post = _poster(channel, message_fn, webserver_base_url or dagit_base_url)
    return failure_hook(name="slack_on_failure", required_resource_keys={"slack"})(post)


def _poster(channel: str, message_fn: Callable[[Any], str], page: str | None) -> Callable[[Any], None]:
    def post(context: Any) -> None:
        text = message_fn(context)
        link = run_link(page, context.run_id)
        if link is not None:
            text = f"{text}\n<{link}|See the run>"
        slack = context.resources.slack
        client = slack.get_client() if isinstance(slack, SlackResource) else slack
        client.chat_postMessage(channel=channel, text=text)

    return post
