"""The server that starts workers, says how they ended, and outlives none of them.

    driver ──Start(id) + descriptors, Kill(id)──▶ server ─fork─▶ worker, worker, …
    driver ◀──────────── Ended(id, status, cpu) ───┘

It has imported the user's code and calls nothing of it, so that forking is safe: libraries with threads of their own
may be loaded before a fork, but not used. Where a module uses one while it is imported, workers are new interpreters
(`spawn`) that import for themselves.

Nobody is left behind: a worker has a session of its own and dies with the server (Linux); the server kills what a
worker leaves, and everything when the driver hangs up, which the system does for a driver that was killed.
"""

from __future__ import annotations

import array  # noqa: F401  (`socket` needs it later, when a file of the user's may have taken the name)
import contextlib
import gc
import os
import pickle
import select
import signal
import socket
import sys
from typing import Literal, NamedTuple, NoReturn

from tidemill.core.errors import TidemillError, WorkerDiedError
from tidemill.core.processes import adopt_orphans, die_with, fork
from tidemill.executors.channel import Channel
from tidemill.executors.child import Stock, serve
from tidemill.executors.origin import Origin, Parcel
from tidemill.executors.thread_limits import ThreadLimits
from tidemill.executors.vitals import children_of

Method = Literal["fork", "spawn"]
MESSAGE = 1 << 16
HELD = 100  # names in a message
NOT_STARTED = 71  # EX_OSERR of sysexits.h


class Start(NamedTuple):
    """Start a worker; its socket, standard output and standard error come along as descriptors."""

    worker: int
    method: Method


class Kill(NamedTuple):
    """Send a signal to a worker and its group."""

    worker: int
    signal: int


class Started(NamedTuple):
    """The worker has this process id."""

    worker: int
    pid: int


class Ended(NamedTuple):
    """How a worker ended: its exit code, or the negative number of a signal; and the processor time of all its life."""

    worker: int
    code: int
    cpu: float = 0.0


class Holds(NamedTuple):
    """Some of the steps that a server of its own interpreter has found."""

    units: tuple[str, ...]


class Ready(NamedTuple):
    """A server of its own interpreter has loaded the code, or says why it could not.

    Attributes:
        error: Why not.
        method: How it starts workers: the code may have done what forbids a fork.
        seeded: Whether the code seeds random generators while it is imported.
    """

    error: TidemillError | None = None
    method: Method = "fork"
    seeded: bool = False


class Nursery:
    """The driver's end. Make one with `forked` or `executed`.

    Attributes:
        method: How workers are started where nobody says otherwise.
        seeded: Whether the user's code seeds random generators while it is imported.
        pid: Of the server.
    """

    def __init__(self, end: socket.socket, pid: int, method: Method, *, seeded: bool = False) -> None:
        self._end = end
        self.pid = pid
        self.method: Method = method
        self.units: set[str] = set()
        self.seeded = seeded

    @classmethod
    def forked(cls, stock: Stock, method: Method = "fork") -> Nursery:
        """Fork the server from this process, which has imported the user's code and run nothing of it.

        Args:
            stock: What workers inherit.
            method: How workers are started.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        sys.stdout.flush()
        sys.stderr.flush()
        pid = fork()
        if pid:
            theirs.close()
            return cls(ours, pid, method, seeded=stock.random is not None)
        ours.close()
        return _be_server(theirs, stock)

    @classmethod
    def executed(cls, origin: Origin | Parcel, method: Method = "fork") -> Nursery:
        """Start the server as an interpreter of its own, because this process has run things.

        Raises:
            UserCodeLoadError: It could not import the user's code.
        """
        import subprocess  # noqa: PLC0415  (only where this process cannot be forked)

        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = {"PYTHONHASHSEED": "0", **os.environ}
        command = [sys.executable, "-m", "tidemill.executors", str(theirs.fileno()), method]
        process = subprocess.Popen(
            command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, env=environment
        )
        process.returncode = 0  # `close` waits for it; Popen must not
        theirs.close()
        _send_in_pieces(ours, pickle.dumps(origin))
        nursery = cls(ours, process.pid, method)
        ready = nursery.wait_until_ready()
        if ready is None:
            nursery.close()
            raise WorkerDiedError(
                "The process that starts workers did not come up",
                subject="nursery",
                found="it ended while it imported the definitions",
                expected=f"that {origin.code} imports in a new interpreter",
                next_step="see its output above, or run in process",
            )
        if ready.error is not None:
            nursery.close()
            raise ready.error
        nursery.method, nursery.seeded = ready.method, ready.seeded
        return nursery

    def wait_until_ready(self) -> Ready | None:
        """Wait for a server of its own interpreter; None where it ended before."""
        while messages := self.messages(wait=True):
            for message in messages:
                if isinstance(message, Ready):
                    return message
                if isinstance(message, Holds):
                    self.units.update(message.units)
        return None

    def fileno(self) -> int:
        """For a selector."""
        return self._end.fileno()

    def start(self, worker: int, end: int, out: int, err: int, method: Method | None = None) -> None:
        """Ask for a worker.

        Raises:
            OSError: The server is gone.
        """
        message = pickle.dumps(Start(worker, method or self.method))
        socket.send_fds(self._end, [message], [end, out, err])

    def kill(self, worker: int, number: int) -> None:
        """Send a signal to a worker and its group, if it is still there."""
        with contextlib.suppress(OSError):
            self._end.send(pickle.dumps(Kill(worker, number)))

    def messages(self, *, wait: bool = False) -> list[Started | Ended | Holds | Ready] | None:
        """What the server said; None when it is gone."""
        found: list[Started | Ended | Holds | Ready] = []
        try:
            while True:
                data = self._end.recv(MESSAGE, 0 if wait and not found else socket.MSG_DONTWAIT)
                if not data:
                    return found or None
                found.append(pickle.loads(data))  # noqa: S301  (from our own server)
        except BlockingIOError:
            return found
        except ConnectionError:
            return found or None

    def close(self) -> None:
        """Hang up: the server kills what is left and ends. Waits for it."""
        self._end.close()
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)


def _send_in_pieces(end: socket.socket, data: bytes) -> None:
    """Send what may be larger than a message can be."""
    end.send(len(data).to_bytes(8, "little"))
    for start in range(0, len(data), MESSAGE):
        end.send(data[start : start + MESSAGE])


def _receive_in_pieces(end: socket.socket) -> bytes:
    """What was sent so; less of it where the other end has hung up."""
    size, data = int.from_bytes(end.recv(8), "little"), bytearray()
    while len(data) < size and (piece := end.recv(MESSAGE)):
        data += piece
    return bytes(data)


# The server


class Server:
    """Starts workers and reaps them.

    Args:
        end: To the driver.
        stock: What workers that are forked inherit.
    """

    def __init__(self, end: socket.socket, stock: Stock | None) -> None:
        self._end = end
        self._stock = stock
        self._limits = ThreadLimits()
        self._workers: dict[int, int] = {}
        self._pids: dict[int, int] = {}

    def run(self) -> None:
        """Serve until the driver hangs up."""
        waking, woken = socket.socketpair()
        for end in (waking, woken):
            end.setblocking(False)
        signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _, __: None)
        self._limits.look()  # while the driver opens the store
        while True:
            readable, _, _ = select.select([self._end, waking], [], [])
            if waking in readable:
                with contextlib.suppress(BlockingIOError):
                    waking.recv(4096)
                self._reap()
            if self._end in readable and not self._serve():
                break
        self._end_all()

    def _serve(self) -> bool:
        try:
            data, descriptors, _, _ = socket.recv_fds(self._end, MESSAGE, 3)
        except ConnectionError:
            return False
        if not data:
            return False
        message = pickle.loads(data)  # noqa: S301  (from our own driver)
        if isinstance(message, Start):
            self._start(message, descriptors)
        elif isinstance(message, Kill) and message.worker in self._workers:
            _signal(self._workers[message.worker], message.signal)
        return True

    def _start(self, message: Start, descriptors: list[int]) -> None:
        parent = os.getpid()
        try:
            pid = fork()
        except OSError as error:
            # Too many processes: whoever waits for this one finds the reason among its last lines.
            os.write(descriptors[2], f"The system starts no process: {error.strerror}\n".encode())
            pid = 0
            self._say(Ended(message.worker, NOT_STARTED))
        else:
            if not pid:
                self._become_worker(message, descriptors, parent)
        for descriptor in descriptors:
            os.close(descriptor)
        if not pid:
            return
        self._workers[message.worker] = pid
        self._pids[pid] = message.worker
        self._say(Started(message.worker, pid))

    def _become_worker(self, message: Start, descriptors: list[int], parent: int) -> NoReturn:
        try:
            os.setsid()
            die_with(parent)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._end.close()
            end, out, err = descriptors
            os.dup2(out, 1)
            os.dup2(err, 2)
            os.close(out)
            os.close(err)
            os.set_inheritable(end, False)
            if message.method == "spawn":
                os.set_inheritable(end, True)
                os.execv(sys.executable, [sys.executable, "-m", "tidemill.executors", str(end), "worker"])
            signal.signal(signal.SIGINT, signal.default_int_handler)
            if self._stock is not None:
                serve(self._stock, Channel(socket.socket(fileno=end)), self._limits)
        finally:
            os._exit(1)

    def _reap(self) -> None:
        while True:
            try:
                # Leave it in the table of processes, so that its group keeps its number until it is killed.
                found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if found is None:
                return
            pid = found.si_pid
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if pid in self._pids:
                    os.killpg(pid, signal.SIGKILL)
            _, status, usage = os.wait4(pid, 0)
            worker = self._pids.pop(pid, None)
            if worker is not None:
                del self._workers[worker]
                self._kill_strays()
                cpu = usage.ru_utime + usage.ru_stime  # children that it has waited for included
                self._say(Ended(worker, os.waitstatus_to_exitcode(status), cpu))

    def _kill_strays(self) -> None:
        """Kill what a worker left and what became our child thereby; whose worker is alive keeps its own."""
        for pid in children_of(os.getpid()):
            if pid not in self._pids and session_of(pid) not in self._pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def _end_all(self) -> None:
        for pid in self._pids:
            _signal(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while True:
                for pid in children_of(os.getpid()):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                os.waitpid(-1, 0)

    def _say(self, message: object) -> None:
        with contextlib.suppress(OSError):
            self._end.send(pickle.dumps(message))


def _be_server(end: socket.socket, stock: Stock | None) -> NoReturn:
    """Be the server, to the end of this process."""
    try:
        os.setsid()  # Ctrl-C is for the driver
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        adopt_orphans()
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        gc.freeze()  # what is there now is never garbage, and a collector that marks it would copy its pages
        Server(end, stock).run()
    finally:
        os._exit(0)


def _signal(pid: int, number: int) -> None:
    """Send a signal to a worker and its group; once, because the second would break into its cleaning up."""
    try:
        os.killpg(pid, number)
    except ProcessLookupError:  # it has no group yet
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
    except PermissionError:
        pass  # it has become another user's


def session_of(pid: int) -> int:
    """The session of a process, 0 where it is gone."""
    try:
        return os.getsid(pid)
    except OSError:
        return 0


def main(arguments: list[str]) -> None:
    """Be a server or a worker that was started as an interpreter of its own.

    Args:
        arguments: The number of the inherited socket; then how the server starts workers, or `worker`.
    """
    number, role = arguments
    end = socket.socket(fileno=int(number))
    if role == "worker":
        channel = Channel(end)
        origin: Origin | Parcel = channel.receive()
        serve(origin.load(), channel, ThreadLimits())
    origin = pickle.loads(_receive_in_pieces(end))  # noqa: S301  (from our own driver)
    try:
        stock = origin.load()
    except TidemillError as error:
        end.send(_fitting(error))
        os._exit(1)
    names = stock.project.step_names
    for start in range(0, len(names), HELD):
        end.send(pickle.dumps(Holds(tuple(names[start : start + HELD]))))
    method: Method = "spawn" if role == "spawn" or stock.threads else "fork"
    end.send(pickle.dumps(Ready(None, method, stock.random is not None)))
    _be_server(end, stock)


def _fitting(error: TidemillError) -> bytes:
    """Why the code could not be loaded, in one message whatever its traceback is as long as."""
    message = pickle.dumps(Ready(error))
    if len(message) > MESSAGE:
        message = pickle.dumps(Ready(type(error)(error.problem[:1000], subject=error.subject)))
    return message
