"""A real Spark standalone cluster on this machine: a master and workers, each a process of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


class StandaloneCluster:
    """A master and its workers, one core each. ``settings`` are what a driver on the same machine needs."""

    settings = ("spark.driver.host=127.0.0.1", "spark.driver.bindAddress=127.0.0.1", "spark.executor.memory=700m")

    def __init__(self, folder: Path, workers: int) -> None:
        self.folder = folder
        port = _free_port()
        self.master = f"spark://127.0.0.1:{port}"
        self._processes = [self._start("master.Master", "master", "--port", str(port))]
        _until(lambda: "I have been elected leader" in self.said("master"), "the master to start")
        self.workers: list[subprocess.Popen[bytes]] = []
        for number in range(workers):
            name = f"worker{number}"
            place = ("--work-dir", str(folder / name), "--cores", "1", "--memory", "1g")
            self.workers.append(self._start("worker.Worker", name, *place, self.master))
        self._processes += self.workers
        _until(lambda: self.said("master").count("Registering worker") == workers, "the workers to register")

    def said(self, name: str) -> str:
        """What one process has logged."""
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def executors_said(self, number: int) -> str:
        """What the executors of a worker have logged."""
        return "".join(
            file.read_text(errors="replace") for file in sorted((self.folder / f"worker{number}").glob("app-*/*/stderr"))
        )

    def kill(self, number: int) -> None:
        """End a worker, its executors and their Python at once, as a machine that loses power does."""
        for pid in _family(self.workers[number].pid):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue

    def stop(self) -> None:
        """End every process of the cluster."""
        for process in reversed(self._processes):
            for pid in _family(process.pid):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            process.wait()

    def _start(self, what: str, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        import pyspark

        home = Path(pyspark.__file__).parent
        java = shutil.which("java")
        assert java is not None
        paths = os.pathsep.join([str(PROJECT / "src"), str(PROJECT), os.environ.get("PYTHONPATH", "")])
        (scala,) = (file.name.split("-")[2] for file in (home / "jars").glob("scala-library-*.jar"))
        own = {
            "SPARK_HOME": str(home),
            "SPARK_SCALA_VERSION": ".".join(scala.split(".")[:2]),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "PYSPARK_PYTHON": sys.executable,
            "PYTHONPATH": paths,
        }
        command = [java, "-Xmx256m", "-cp", f"{home}/jars/*", f"org.apache.spark.deploy.{what}", "--host", "127.0.0.1"]
        with (self.folder / f"{name}.log").open("wb") as log:
            return subprocess.Popen([*command, "--webui-port", "0", *arguments], stdout=log, stderr=log, env={**os.environ, **own})


@contextmanager
def standalone_cluster(folder: Path, workers: int = 2) -> Iterator[StandaloneCluster]:
    """A cluster that ends with the block."""
    folder.mkdir(parents=True, exist_ok=True)
    cluster = StandaloneCluster(folder, workers)
    try:
        yield cluster
    finally:
        cluster.stop()


def until(true: Callable[[], bool], what: str, seconds: float = 120) -> None:
    """Wait until something is true."""
    _until(true, what, seconds)


def _until(true: Callable[[], bool], what: str, seconds: float = 120) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, f"waited {seconds} seconds for {what}"
        time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def _family(pid: int) -> list[int]:
    """A process and all it has started, the youngest last."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, ValueError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    family, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        family.append(one)
        waiting += children.get(one, [])
    return family
