"""api.md 1.8: messages about failed runs, by Slack and by e-mail, received by real servers on the loopback address."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from email import message_from_string
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tidemill import (
    DagsterInstance,
    DefaultSensorStatus,
    Definitions,
    asset,
    build_init_resource_context,
    build_sensor_context,
    define_asset_job,
    job,
    make_email_on_run_failure_sensor,
    make_slack_on_run_failure_sensor,
    materialize,
    op,
)
from tidemill.core.errors import InvalidDefinitionError
from tidemill.slack import (
    SlackClient,
    SlackError,
    SlackResource,
    slack_on_failure,
    slack_on_success,
    slack_resource,
)


@asset
def broken() -> None:
    raise ValueError("boom")


DEFINITIONS = Definitions([broken], jobs=[define_asset_job("train"), define_asset_job("other")])


def failures(instance: DagsterInstance, sensor: Any, *jobs: str) -> Any:
    """What a sensor does about failures of some jobs."""
    context = build_sensor_context(instance, definitions=DEFINITIONS, cursor="0")
    for name in jobs:
        DEFINITIONS.get_job_def(name).execute_in_process(instance=instance, raise_on_error=False)
    return sensor.evaluate_tick(context)


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as store:
        yield store


class Slack:
    """A server that takes what Slack takes."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, dict[str, Any]]] = []
        self.answer: bytes = b'{"ok": true, "ts": "1"}'
        slack = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                slack.calls.append((self.path, self.headers["Authorization"], json.loads(body)))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(slack.answer)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/api/"
        Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def slack() -> Iterator[Slack]:
    server = Slack()
    yield server
    server.server.shutdown()
    server.server.server_close()


class TestSlack:
    def test_a_message_for_each_failure_of_the_jobs(self, slack: Slack, instance: DagsterInstance) -> None:
        sensor = make_slack_on_run_failure_sensor(
            "#ml", "xoxb-1", monitored_jobs=(["train"]), webserver_base_url="http://here/", api_url=slack.url
        )
        assert (sensor.name, sensor.default_status) == ("slack_on_run_failure", DefaultSensorStatus.STOPPED)
        told = failures(instance, sensor, "train", "other")
        assert [reaction.error for reaction in told.dagster_run_reactions] == [None]
        ((path, token, message),) = slack.calls
        assert (path, token, message["channel"]) == ("/api/chat.postMessage", "Bearer xoxb-1", "#ml")
        assert 'Job "train" failed' in message["text"]
        assert "broken" in message["blocks"][0]["text"]["text"]
        run_id = told.dagster_run_reactions[0].dagster_run.run_id
        assert f"http://here/runs/{run_id}" in message["blocks"][1]["text"]["text"]

    def test_texts_of_the_user(self, slack: Slack, instance: DagsterInstance) -> None:
        sensor = make_slack_on_run_failure_sensor(
            "#ml",
            "t",
            text_fn=lambda context: f"oh no: {context.failure_event.message}",
            blocks_fn=lambda context: [{"type": "divider"}],
            name="mine",
            default_status=DefaultSensorStatus.RUNNING,
            minimum_interval_seconds=5,
            api_url=slack.url,
        )
        failures(instance, sensor, "other")
        ((_, _, message),) = slack.calls
        assert message["text"].startswith("oh no: ")
        assert message["blocks"] == [{"type": "divider"}]
        assert (sensor.name, sensor.minimum_interval_seconds) == ("mine", 5)

    def test_what_goes_wrong_is_kept_with_the_run(self, slack: Slack, instance: DagsterInstance) -> None:
        slack.answer = b'{"ok": false, "error": "channel_not_found"}'
        (reaction,) = failures(
            instance, make_slack_on_run_failure_sensor("#no", "t", api_url=slack.url), "train"
        ).dagster_run_reactions
        assert isinstance(reaction.error, SlackError)
        assert "channel_not_found" in str(reaction.error)
        slack.answer = b"no json"
        for client, message in (
            (SlackClient("t", slack.url), "could not be asked"),
            (SlackClient("t", "http://127.0.0.1:9/"), "could not be asked"),
            (SlackClient(None), "no token"),
        ):
            with pytest.raises(SlackError, match=message):
                client.chat_postMessage(channel="#ml", text="hello")

    def test_resources(self, slack: Slack) -> None:
        @asset(required_resource_keys={"old"})
        def posts(context: Any, slack_client: SlackResource) -> None:
            slack_client.get_client().chat_postMessage(channel="#a", text="one")
            context.resources.old.reactions_add(channel="#b", name="tada")

        old = {"old": {"config": {"token": "xoxb-old", "base_url": slack.url}}}
        resources = {
            "slack_client": SlackResource(token="xoxb-new", base_url=slack.url),
            "old": SlackClient("xoxb-old", slack.url),
        }
        assert materialize([posts], resources=resources).success
        assert [(path, token) for path, token, _ in slack.calls] == [
            ("/api/chat.postMessage", "Bearer xoxb-new"),
            ("/api/reactions.add", "Bearer xoxb-old"),
        ]
        client = slack_resource(build_init_resource_context({"token": old["old"]["config"]["token"]}))
        assert client.token == "xoxb-old"

    def test_hooks_of_steps(self, slack: Slack) -> None:
        @op
        def works() -> int:
            return 1

        @op
        def fails(number: int) -> None:
            raise ValueError("boom")

        for resource in (SlackResource(token="t", base_url=slack.url), SlackClient("t", slack.url)):
            slack.calls.clear()
            hooks = {
                slack_on_success("#good", webserver_base_url="http://here"),
                slack_on_failure("#bad", lambda context: f"{context.op.name}: {context.op_exception}"),
            }

            @job(hooks=hooks, resource_defs={"slack": resource})
            def two_steps() -> None:
                fails(works())

            result = two_steps.execute_in_process(raise_on_error=False)
            told = {message["channel"]: message["text"] for _, _, message in slack.calls}
            assert told["#bad"] == "fails: boom"
            assert "works of the job two_steps succeeded" in told["#good"]
            assert f"<http://here/runs/{result.run_id}|See the run>" in told["#good"]

    def test_a_job_by_name_only_in_a_list(self) -> None:
        with pytest.raises(InvalidDefinitionError, match="monitored_jobs"):
            make_slack_on_run_failure_sensor("#ml", None, monitored_jobs="train")


class Post:
    """A mail server that speaks TLS, and knows one account."""

    def __init__(self, folder: Path, *, at_once: bool) -> None:
        self.letters: list[str] = []
        self.accounts: list[str] = []
        self._at_once = at_once
        certificate, key = folder / "cert.pem", folder / "key.pem"
        name = "-subj /CN=localhost -addext subjectAltName=DNS:localhost"
        command = f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 {name}"
        subprocess.run(
            [*command.split(), "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True
        )
        self.certificate = certificate
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificate, key)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def _serve(self) -> None:
        connection, _ = self._socket.accept()
        with connection:
            if self._at_once:
                connection = self._tls.wrap_socket(connection, server_side=True)
            stream = connection.makefile("rwb")

            def say(line: str) -> None:
                stream.write(f"{line}\r\n".encode())
                stream.flush()

            say("220 here")
            while line := stream.readline().decode().strip():
                verb = line.split()[0].upper()
                if verb == "EHLO":
                    say("250-here")
                    say("250-STARTTLS")
                    say("250 AUTH PLAIN")
                elif verb == "STARTTLS":
                    say("220 go on")
                    connection = self._tls.wrap_socket(connection, server_side=True)
                    stream = connection.makefile("rwb")
                elif verb == "AUTH":
                    self.accounts.append(line.split()[-1])
                    say("235 welcome")
                elif verb == "DATA":
                    say("354 go on")
                    letter = ""
                    while (row := stream.readline().decode()) != ".\r\n":
                        letter += row
                    self.letters.append(letter)
                    say("250 taken")
                elif verb == "QUIT":
                    say("221 bye")
                    break
                else:
                    say("250 ok")
            connection.close()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
class TestEmail:
    @pytest.mark.parametrize("kind", ["SSL", "STARTTLS"])
    def test_a_letter(
        self, kind: str, tmp_path: Path, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        post = Post(tmp_path, at_once=kind == "SSL")
        monkeypatch.setenv("SSL_CERT_FILE", str(post.certificate))
        sensor = make_email_on_run_failure_sensor(
            "me@example.com",
            "secret",
            ["you@example.com", "them@example.com"],
            smtp_host="localhost",
            smtp_port=post.port,
            smtp_type=kind,
            webserver_base_url="http://here",
            monitored_jobs=["train"],
        )
        assert sensor.name == "email_on_run_failure"
        (reaction,) = failures(instance, sensor, "train", "other").dagster_run_reactions
        assert reaction.error is None
        post.close()
        (letter,) = map(message_from_string, post.letters)
        assert (letter["From"], letter["To"]) == ("me@example.com", "you@example.com, them@example.com")
        assert letter["Subject"] == "Tidemill: the job train failed"
        body = letter.get_payload(decode=True).decode()
        assert "broken" in body
        assert reaction.dagster_run.run_id in body

    def test_what_cannot_be_one(self) -> None:
        for arguments in ({"smtp_type": "PLAIN"}, {"email_to": "you@example.com"}):
            with pytest.raises(InvalidDefinitionError):
                make_email_on_run_failure_sensor(
                    **{"email_from": "a", "email_password": "b", "email_to": ["c"], **arguments}
                )
