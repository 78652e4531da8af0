"""Sixteen processes deploy the same name at the same instant, again and again; ``python -m tests.races.same_name``."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
from collections import Counter
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path

from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.client.deployment import Deployment
from aibro_jupyter.client.ensure import backend, down
from aibro_jupyter.client.road import deploy_repo
from aibro_jupyter.errors import AibroError
from aibro_jupyter.home import Home
from aibro_jupyter.states import JobStatus
from tests.eventually import eventually

PROCESSES = 16
ECHO = "def load_model():\n    return None\n\n\ndef run(model, data):\n    return data\n"


def _deployer(barrier: Barrier, pipe: Connection, repo: str) -> None:
    """Deploy the next name together with all the others, and tell what came of it; an empty name ends."""
    control = backend()
    while name := pipe.recv():
        barrier.wait(120)
        try:
            done = deploy_repo(control, Path(repo), Deployment(name=name, machine="t3.micro.od", wait=False))
            pipe.send(("won", done.job.job_id))
        except AibroError as refused:
            pipe.send((refused.code, ""))


class Race:
    """A backend and sixteen processes that stay for all rounds."""

    def __init__(self, root: Path) -> None:
        self.home = Home(root / "home")
        self.repo = root / "echo"
        (self.repo / "model").mkdir(parents=True)
        (self.repo / "predict.py").write_text(ECHO)
        (self.repo / "requirements.txt").write_text("")

    def run(self, rounds: int) -> Counter[str]:
        """Return how often each thing happened; raises if a round has not one winner and fifteen typed refusals."""
        control, spawn = backend(), multiprocessing.get_context("spawn")
        barrier = spawn.Barrier(PROCESSES)
        ends = [spawn.Pipe() for _ in range(PROCESSES)]
        runners = [spawn.Process(target=_deployer, args=(barrier, theirs, str(self.repo))) for _, theirs in ends]
        ours = [mine for mine, _ in ends]
        for runner in runners:
            runner.start()
        told: Counter[str] = Counter()
        try:
            for number in range(rounds):
                told += self._round(control, ours, f"race-{number}")
            for pipe in ours:
                pipe.send("")
            for runner in runners:
                runner.join(60)
        finally:
            for runner in runners:
                if runner.is_alive():
                    runner.kill()
                runner.join()
            for pair in ends:
                for pipe in pair:
                    pipe.close()
        launched = {path.name.partition(".")[0] for path in self.home.instances.glob("ins_*")}
        assert len(launched) == rounds, f"{len(launched)} instances for {rounds} jobs"
        return told

    def _round(self, control: ControlClient, pipes: list[Connection], name: str) -> Counter[str]:
        for pipe in pipes:
            pipe.send(name)
        answers = []
        for pipe in pipes:
            assert pipe.poll(120), "a process does not answer"
            answers.append(pipe.recv())
        told = Counter(code for code, _ in answers)
        assert told == {"won": 1, "name-taken": PROCESSES - 1}, told
        status = control.status()
        active = [job for job in status.jobs if job.model_name == name and job.outcome is None]
        assert [job.job_id for job in active] == [job_id for code, job_id in answers if code == "won"]
        eventually(lambda: control.job(active[0].job_id).status is JobStatus.DEPLOYED, timeout_s=120, every_s=0.02)
        assert len(control.job(active[0].job_id).instances) == 1
        control.complete(active[0].job_id)
        return told


def main() -> int:
    """Run the rounds and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    asked = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory(prefix="aibro-race-") as folder:
        os.environ["AIBRO_HOME"] = str(Path(folder) / "home")
        try:
            told = Race(Path(folder)).run(asked.rounds)
        finally:
            down()
    print(f"{asked.rounds} rounds of {PROCESSES} processes: {dict(told)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
