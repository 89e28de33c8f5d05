"""A solve in its own process: progress by pipe, cancellation within a second, no harm when it dies.

The OR-Tools routing solver holds the interpreter's lock for the whole search, and a process can be killed where a
thread cannot. The child is a fresh interpreter that imports nothing but `routing`; it reads pickled requests from its
standard input and writes pickled answers to its standard output. It ends when that input closes, that is when its
parent is gone; on Linux the kernel kills a single solve's child even while the solver does not listen.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import IO, Any, Literal, NamedTuple, Self

from routing.errors import BeatplanError, InputError, SolveError
from routing.plan import Plan
from routing.problem import Problem
from routing.solve.options import Progress, SolveOptions

OnProgress = Callable[[Progress], None]
ShouldStop = Callable[[], bool]

POLL_S = 0.05
STOP_GRACE_S = 0.6
"""Time a child that was told to stop gets to answer with its best plan before it is killed."""
OVERRUN_S = 30.0
"""Time a child may take beyond its limit, for starting and finishing, before it is given up."""
PR_SET_PDEATHSIG = 1
START = "import sys; from routing.child import main; main(sys.argv[1:])"


class Message(NamedTuple):
    """What a child says: how it goes, the visits of its best routes so far, or how it ended."""

    kind: Literal["ready", "progress", "routes", "plan", "input_error", "solve_error", "gone"]
    content: Any = None


class Request(NamedTuple):
    """What a parent asks: to solve, or to stop solving."""

    kind: Literal["solve", "stop"]
    problem: Problem | None = None
    options: SolveOptions | None = None


def solve_in_child(
    problem: Problem,
    options: SolveOptions,
    *,
    on_progress: OnProgress | None = None,
    should_stop: ShouldStop | None = None,
) -> Plan:
    """`routing.solve.engines.solve` in a process of its own.

    `should_stop` is asked every 50 ms; once it says yes the best plan so far comes back within a second, or SolveError
    where there is none yet. Raises InputError as the solve does, SolveError also when the process dies, naming how.
    """
    child = _Child(dies_with_thread=True)
    try:
        return child.solve(problem, options, on_progress, should_stop)
    finally:
        child.kill()


class WarmSolver:
    """A long-lived child that has everything imported: one solve at a time, a new process after a death.

    Safe to call from several threads; calls wait for each other. Use it as a context manager or call `close`.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: _Child | None = _Child(dies_with_thread=False)

    def solve(
        self,
        problem: Problem,
        options: SolveOptions,
        *,
        on_progress: OnProgress | None = None,
        should_stop: ShouldStop | None = None,
    ) -> Plan:
        """Like `solve_in_child`, without the start of a process."""
        with self._lock:
            if self._child is None or not self._child.alive:
                self._child = _Child(dies_with_thread=False)
            try:
                return self._child.solve(problem, options, on_progress, should_stop)
            except InputError:
                raise
            except BaseException:
                self._discard()
                raise

    def close(self) -> None:
        """Ends the process."""
        with self._lock:
            self._discard()

    def _discard(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Child:
    """A running process and the messages it has sent."""

    def __init__(self, *, dies_with_thread: bool) -> None:
        # The kernel's death signal follows the thread that starts the child, so it is asked for only by a caller
        # that stays until the child is done.
        arguments = [sys.executable, "-P", "-c", START, "--dies-with-parent" if dies_with_thread else "--warm"]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
        try:
            self._process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        except OSError as error:
            raise SolveError(f"the solver process cannot be started: {error.strerror or error}") from None
        self._messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
        threading.Thread(target=self._listen, name="solver messages", daemon=True).start()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def kill(self) -> None:
        """Ends the process at once."""
        with contextlib.suppress(OSError):
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def solve(
        self, problem: Problem, options: SolveOptions, on_progress: OnProgress | None, should_stop: ShouldStop | None
    ) -> Plan:
        """Sends one problem and waits for the plan."""
        self._send(Request("solve", problem, options))
        routes: list[tuple[int, ...]] | None = None
        give_up = None if options.time_s is None else time.monotonic() + options.time_s + OVERRUN_S
        stop_by: float | None = None
        while True:
            now = time.monotonic()
            if stop_by is None and should_stop is not None and should_stop():
                stop_by = now + STOP_GRACE_S
                self._send(Request("stop"))
            if (stop_by is not None and now >= stop_by) or (give_up is not None and now >= give_up):
                self.kill()
                return _plan_of(problem, options, routes)
            try:
                message = self._messages.get(timeout=POLL_S)
            except queue.Empty:
                continue
            match message.kind:
                case "progress" if on_progress is not None and stop_by is None:
                    on_progress(message.content)
                case "routes":
                    routes = message.content
                case "plan":
                    plan: Plan = message.content
                    return plan
                case "input_error":
                    raise InputError(message.content)
                case "solve_error":
                    raise SolveError(message.content)
                case "gone":
                    raise SolveError(self._obituary())
                case _:
                    pass

    def _send(self, request: Request) -> None:
        try:
            _write(self._stdin, request)
        except OSError:
            raise SolveError(self._obituary()) from None

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    def _listen(self) -> None:
        """Reads until the process closes its end; runs in a thread of its own."""
        assert self._process.stdout is not None
        with contextlib.suppress(EOFError, OSError, ValueError, pickle.UnpicklingError):
            while True:
                self._messages.put(pickle.load(self._process.stdout))  # noqa: S301 - our own child writes it
        self._messages.put(Message("gone"))

    def _obituary(self) -> str:
        try:
            code = self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return "the solver process closed its pipe; try again"
        if code >= 0:
            return f"the solver process ended with exit code {code} before it had a plan; try again"
        name = signal.Signals(-code).name
        cause = (
            ", perhaps because memory ran out; give it more memory or a smaller problem" if name == "SIGKILL" else ""
        )
        return f"the solver process was killed by {name}{cause}"


def _plan_of(problem: Problem, options: SolveOptions, routes: list[tuple[int, ...]] | None) -> Plan:
    """The plan of the best routes a killed child had sent."""
    if routes is None:
        raise SolveError("the solve was stopped before it had a first plan; give it more time")
    from routing.solve.construct import Deadline  # noqa: PLC0415 - a parent pays for the engine's imports only here
    from routing.solve.finish import finish  # noqa: PLC0415
    from routing.solve.schedule import Scheduler  # noqa: PLC0415

    scheduler = Scheduler(problem)
    return finish(scheduler, routes, seed=options.seed, iterations=0, engine=options.engine, deadline=Deadline.after(0))


def _write(pipe: IO[bytes], value: object) -> None:
    pipe.write(pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL))
    pipe.flush()


def main(arguments: list[str]) -> None:
    """The child: answers requests on standard input until it closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if "--dies-with-parent" in arguments and sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    from routing.solve.engines import solve  # noqa: PLC0415 - after the death signal is set: it takes a second

    requests: queue.SimpleQueue[Request] = queue.SimpleQueue()
    stopped = threading.Event()
    threading.Thread(target=_read_requests, args=(requests, stopped), daemon=True).start()
    _write(answers, Message("ready"))
    while True:
        request = requests.get()
        if request.problem is None or request.options is None:
            continue
        try:
            plan = solve(
                request.problem,
                request.options,
                on_progress=lambda progress: _write(answers, Message("progress", progress)),
                on_routes=lambda routes: _write(answers, Message("routes", routes)),
                should_stop=stopped.is_set,
            )
            answer = Message("plan", plan)
        except InputError as error:
            answer = Message("input_error", str(error))
        except BeatplanError as error:
            answer = Message("solve_error", str(error))
        except MemoryError:
            answer = Message("solve_error", "the solve ran out of memory; give it more memory or a smaller problem")
        except Exception as error:  # noqa: BLE001 - the edge of the process: the parent shows it in one sentence
            answer = Message("solve_error", f"the solver failed: {type(error).__name__}: {error}; please report this")
        _write(answers, answer)


def _read_requests(requests: queue.SimpleQueue[Request], stopped: threading.Event) -> None:
    """Hands on what the parent asks; ends the process when the parent is gone."""
    while True:
        try:
            request: Request = pickle.load(sys.stdin.buffer)  # noqa: S301 - our own parent writes it
        except Exception:  # noqa: BLE001 - whatever came was no request of ours, or nothing will come any more
            os._exit(0)
        if request.kind == "stop":
            stopped.set()
        else:
            stopped.clear()
            requests.put(request)
