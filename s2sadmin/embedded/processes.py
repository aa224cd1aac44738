"""A small supervisor: starts children with labelled output, restarts them, and leaves none behind."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

TIE = Path(__file__).with_name("tie.py")
POLL_S = 0.1
BACKOFF_S = 1.0
GIVE_UP_AFTER = 5
GIVE_UP_WITHIN_S = 60.0
COLOURS = (36, 33, 35, 32, 34, 31)
_output = threading.Lock()


class CannotRun(Exception):
    """A sentence for the person who started s2sadmin; everything that was started is stopped."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """What a child runs, how it is asked to stop, and whether its end is an accident or the end of all."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    directory: Path
    stop_signal: signal.Signals = signal.SIGTERM
    grace_s: float = 10.0
    restarts: bool = True
    log: Path | None = None


class Child:
    """A running program, leader of its own session and process group, tied to this process's life."""

    def __init__(self, program: Program, label: str) -> None:
        self.program = program
        self.label = label
        self.process = self._start()
        self._reader = threading.Thread(target=self._copy_output, daemon=True)
        self._reader.start()

    def _start(self) -> subprocess.Popen[str]:
        with contextlib.ExitStack() as stack:
            log = self.program.log
            output = stack.enter_context(log.open("w")) if log else subprocess.PIPE
            return subprocess.Popen(  # noqa: S603 (the programs are ours)
                tied(self.program.command, self.program.stop_signal),
                env=self.program.env,
                cwd=self.program.directory,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                text=True,
                errors="replace",
            )

    def _copy_output(self) -> None:
        if not self.process.stdout:
            return
        with self.process.stdout as lines:
            for line in lines:
                with contextlib.suppress(BrokenPipeError):
                    say(f"{self.label} | {line.rstrip()}")

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def ending(self) -> str:
        """How it ended, for people."""
        code = self.process.returncode
        return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"

    def last_output(self) -> str:
        """The end of its log file."""
        log = self.program.log
        return "\n".join(log.read_text(errors="replace").splitlines()[-10:]) if log else ""

    def stop(self) -> None:
        """Ask, wait, then kill; what is left of its process group goes too."""
        if not self.has_ended:
            self.process.send_signal(self.program.stop_signal)
            try:
                self.process.wait(self.program.grace_s)
            except subprocess.TimeoutExpired:
                say(f"{self.program.name} did not stop within {self.program.grace_s:g} s and is killed.")
        self.kill_group()

    def kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._reader.join(timeout=1)


@dataclass
class Supervisor:
    """Children in the order of their start. Use it from the main thread: a child is tied to its thread."""

    children: list[Child] = field(default_factory=list, init=False)
    _endings: dict[str, list[float]] = field(default_factory=dict, init=False)
    _colours: Iterator[int] = field(default_factory=lambda: itertools.cycle(COLOURS), init=False)

    def start(self, program: Program) -> Child:
        child = Child(program, coloured(program.name, next(self._colours)))
        self.children.append(child)
        return child

    def watch(self, until: Callable[[], bool] = lambda: False) -> None:
        """Keep the children running until the condition holds; CannotRun when one of them cannot be kept."""
        while not until():
            for child in self.children:
                if child.has_ended:
                    self._replace(child)
            time.sleep(POLL_S)

    def stop(self) -> None:
        """Stop all, the last started first."""
        while self.children:
            self.children[-1].stop()
            self.children.pop()

    def _replace(self, child: Child) -> None:
        name, ending = child.program.name, child.ending()
        child.kill_group()
        if not child.program.restarts:
            raise CannotRun(f"{name} ended by itself ({ending}), so everything is stopped.")
        endings = self._endings.setdefault(name, [])
        endings.append(time.monotonic())
        if must_give_up(endings):
            count = f"{GIVE_UP_AFTER} times within a minute"
            raise CannotRun(f"{name} ended {count} (last: {ending}), so everything is stopped.")
        say(f"{name} ended by itself ({ending}) and is started again.")
        time.sleep(BACKOFF_S)
        self.children[self.children.index(child)] = Child(child.program, child.label)


def must_give_up(endings: Sequence[float]) -> bool:
    """Whether a child's last ends, in seconds of one clock, came too fast to start it again."""
    recent = endings[-GIVE_UP_AFTER:]
    return len(recent) == GIVE_UP_AFTER and recent[-1] - recent[0] <= GIVE_UP_WITHIN_S


def wait_until_ready(child: Child, is_ready: Callable[[], bool], timeout_s: float = 60.0) -> None:
    """Wait for a server's first answer; CannotRun with the end of its log when it does not come."""
    deadline = time.monotonic() + timeout_s
    while not is_ready():
        if child.has_ended or time.monotonic() > deadline:
            raise CannotRun(f"{child.program.name} did not start:\n{child.last_output()}")
        time.sleep(0.02)


def run_to_end(program: Program) -> str:
    """Run a program that ends by itself and return its output; CannotRun when it fails."""
    result = subprocess.run(  # noqa: S603 (the programs are ours)
        tied(program.command, program.stop_signal),
        env=program.env,
        cwd=program.directory,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        start_new_session=True,
        text=True,
        errors="replace",
        check=False,
    )
    if result.returncode:
        raise CannotRun(f"{program.name} failed:\n{result.stdout}{result.stderr}".rstrip())
    return result.stdout


def tied(command: Sequence[str], stop_signal: signal.Signals) -> list[str]:
    """The command, wrapped so that it gets its stop signal when this process ends, even by kill -9."""
    wrapper = [sys.executable, "-I", "-S", str(TIE), str(int(stop_signal)), str(os.getpid())]
    return [*wrapper, *command]


def coloured(name: str, colour: int) -> str:
    padded = f"{name:<8}"
    return (
        f"\033[{colour}m{padded}\033[0m" if sys.stdout.isatty() and "NO_COLOR" not in os.environ else padded
    )


def say(line: str) -> None:
    """Print one whole line, also from several threads."""
    with _output:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
