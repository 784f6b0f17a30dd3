"""Which command does which work with which tool, and what the reader of a figure must know.

The commands are what the tool's documentation has its users type; `in_process` modules are there for what happens
within one process. `{folder}` is an empty folder for each measurement, `{port}` that of the tool's server.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from benchmarks.peers import work


class Absent(NamedTuple):
    """Work that a tool has no way to do."""

    why: str


class Server(NamedTuple):
    """What must run before the tool's commands do."""

    command: str
    ready: str
    """An address that answers once it is up."""
    rest: float
    """Seconds after which it has written down what the last command sent it."""


class Tool(NamedTuple):
    """A column of the table."""

    name: str
    environment: str
    distribution: str | None
    commands: Mapping[str, str | Absent]
    notes: Mapping[str, str] = {}
    folder: str = "."
    """Where its commands are run, from the root of the repository."""
    variables: Mapping[str, str] = {}
    files: Mapping[str, str] = {}
    """What lies in `{folder}` before the first command."""
    server: Server | None = None
    children: int = work.CHILDREN
    """Steps of its fan after the root."""


class Row(NamedTuple):
    """A row of the table: one figure, or two beside one another."""

    what: str
    commands: tuple[str, ...]
    unit: str
    times: float = 1
    """What a second is worth in `unit`."""
    to_floor: bool = False
    """Shown as a ratio to plain Python."""


# Commands measured one after another in one folder.
WORKLOADS: Mapping[str, tuple[str, ...]] = {
    "start": ("import", "help"),
    "chain_in_memory": ("chain_in_memory",),
    "chain_durable": ("chain_durable",),
    "fan": ("fan",),
    "layers": ("layers",),
    "large_array": ("large_array",),
    "stories": ("stories", "stories_again"),
    "stories_script": ("stories_script",),
}

ROWS = (
    Row("import / --help", ("import", "help"), "ms", 1e3),
    Row("chain of 100 no-op steps, in memory, a step", ("chain_in_memory",), "ms", 10),
    Row("chain of 100 no-op steps, durable, a step", ("chain_durable",), "ms", 10),
    Row("1 + 64 no-op steps, two processes, cold", ("fan",), "s"),
    Row("define and plan 10,000 nodes", ("layers",), "s"),
    Row("800 MB array, summed by two steps", ("large_array",), "s"),
    Row("the guide's pipeline, 2,000 stories, ÷ script", ("stories",), "s", to_floor=True),
    Row("the same again, nothing changed", ("stories_again",), "s"),
    Row("the guide's pipeline from a script, ÷ script", ("stories_script",), "s", to_floor=True),
)

# Nothing that is measured may tell anybody. Dagster's switch is a file in its home, below.
NO_TELEMETRY: Mapping[str, str] = {
    "DO_NOT_TRACK": "1",
    "HAMILTON_TELEMETRY_ENABLED": "false",
    "KEDRO_DISABLE_TELEMETRY": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
}


IN_ONE_PROCESS = Absent("runs in one process above, too")


def _in_process(package: str, *workloads: str) -> dict[str, str]:
    module = f"benchmarks.peers.{package}.in_process"
    return {workload: f"python -m {module} {workload} {{folder}}" for workload in workloads}


CHAINS = ("chain_in_memory", "chain_durable")

PLAIN = Tool(
    name="plain Python",
    environment="tidemill",
    distribution=None,
    commands={
        "import": "python -c pass",
        "help": Absent("a script has no command line of its own"),
        **_in_process("plain", *CHAINS, "layers"),
        "fan": "python benchmarks/peers/plain/fan.py",
        "large_array": "python benchmarks/peers/plain/large_array.py {folder}",
        "stories": "python benchmarks/peers/plain/stories.py",
        "stories_again": Absent("a script remembers nothing"),
        "stories_script": "python benchmarks/peers/plain/stories.py",
    },
    notes={
        "chain_durable": "a pickled file, renamed, and two commits of SQLite for each step",
        "fan": "nothing is stored",
        "layers": "the functions alone: there is no plan",
    },
)

TIDEMILL = Tool(
    name="Tidemill",
    environment="tidemill",
    distribution="tidemill",
    commands={
        "import": "python -c 'from tidemill import asset'",
        "help": "tidemill --help",
        **_in_process("on_tidemill", *CHAINS, "layers"),
        **{
            workload: f"tidemill materialize -f benchmarks/peers/on_tidemill/{workload}.py --home {{folder}}"
            for workload in ("fan", "large_array")
        },
        **dict.fromkeys(
            ("stories", "stories_again"),
            "tidemill refresh -f benchmarks/peers/on_tidemill/stories.py --home {folder}",
        ),
        "stories_script": "python benchmarks/peers/on_tidemill/stories.py {folder}",
    },
)

DAGSTER = Tool(
    name="Dagster",
    environment="dagster",
    distribution="dagster",
    commands={
        "import": "python -c 'from dagster import asset'",
        "help": "dagster --help",
        **_in_process("on_dagster", *CHAINS, "layers"),
        **{
            command: f"dagster job execute -f benchmarks/peers/on_dagster/{file}.py -j everything"
            for command, file in {
                "fan": "fan",
                "large_array": "large_array",
                "stories": "stories",
                "stories_again": "stories",
            }.items()
        },
        "stories_script": "python benchmarks/peers/on_dagster/stories.py",
    },
    notes={
        "fan": "1 + 16 steps: each starts an interpreter, 64 take minutes",
        "stories": "each step starts an interpreter",
        "stories_again": "has no cache of values, runs everything again",
    },
    variables={"DAGSTER_HOME": "{folder}"},
    files={"dagster.yaml": "telemetry:\n  enabled: false\n"},
    children=work.FEWER_CHILDREN,
)

PREFECT_SERVER = Server(
    command="prefect server start --host 127.0.0.1 --port {port}",
    ready="http://127.0.0.1:{port}/api/health",
    rest=3,
)

PREFECT = Tool(
    name="Prefect",
    environment="prefect",
    distribution="prefect",
    commands={
        "import": "python -c 'from prefect import flow, task'",
        "help": "prefect --help",
        **_in_process("on_prefect", *CHAINS),
        "fan": "python benchmarks/peers/on_prefect/fan.py",
        "layers": Absent("a flow has no graph before it runs"),
        "large_array": "python benchmarks/peers/on_prefect/large_array.py",
        "stories": "python benchmarks/peers/on_prefect/stories.py",
        "stories_again": "python benchmarks/peers/on_prefect/stories.py",
        "stories_script": IN_ONE_PROCESS,
    },
    notes={"chain_in_memory": "values in memory; the run is recorded by the server all the same"},
    variables={
        "PREFECT_API_URL": "http://127.0.0.1:{port}/api",
        "PREFECT_LOCAL_STORAGE_PATH": "{folder}/storage",
    },
    server=PREFECT_SERVER,
)

KEDRO = Tool(
    name="Kedro",
    environment="kedro",
    distribution="kedro",
    commands={
        "import": "python -c 'from kedro.pipeline import node'",
        "help": "kedro --help",
        **_in_process("on_kedro", *CHAINS, "layers"),
        **{
            workload: f"kedro run --pipelines {workload} --runner ParallelRunner"
            " --runner-params max_workers=2 --params folder={folder}"
            for workload in ("fan", "large_array")
        },
        "stories": "kedro run --pipelines stories --params folder={folder}",
        "stories_again": "kedro run --pipelines stories --only-missing-outputs --params folder={folder}",
        "stories_script": IN_ONE_PROCESS,
    },
    notes={
        "chain_in_memory": "most of it is the console log that it sets up; in the next row, too",
        "chain_durable": "files only, no record of the run",
        "fan": "files only, no record of the run",
        "stories_again": "skips what has a file, whatever the code and the inputs are now",
    },
    folder="benchmarks/peers/on_kedro",
)

HAMILTON = Tool(
    name="Hamilton",
    environment="hamilton",
    distribution="sf-hamilton",
    commands={
        "import": "python -c 'from hamilton import driver'",
        "help": "hamilton --help",
        **_in_process("on_hamilton", *CHAINS, "layers"),
        "fan": "python benchmarks/peers/on_hamilton/fan.py {folder}",
        "large_array": "python benchmarks/peers/on_hamilton/large_array.py {folder}",
        "stories": "python benchmarks/peers/on_hamilton/stories.py {folder}",
        "stories_again": "python benchmarks/peers/on_hamilton/stories.py {folder}",
        "stories_script": IN_ONE_PROCESS,
    },
    notes={
        "fan": "and one more that joins them",
        "large_array": "in one process: others are for fans only",
    },
)

TOOLS = (PLAIN, TIDEMILL, DAGSTER, PREFECT, KEDRO, HAMILTON)
