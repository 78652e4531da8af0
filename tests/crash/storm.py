"""kill -9 of control, gateway, worker and slot, again and again under traffic; ``python -m tests.crash.storm``."""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import random
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil
import requests

from aibro_jupyter.client.control import ControlClient
from aibro_jupyter.client.deployment import Deployment
from aibro_jupyter.client.ensure import backend, down
from aibro_jupyter.client.road import deploy_repo
from aibro_jupyter.errors import AibroError
from aibro_jupyter.home import Home
from aibro_jupyter.protocol import DaemonInfo, Interval, JobView, decode
from aibro_jupyter.states import Phase, Role
from tests.crash.oracle import Oracle, agents, left_over
from tests.crash.traffic import Callers, Log, soon

ECHO = "def load_model():\n    return None\n\n\ndef run(model, data):\n    return {'echo': data}\n"
KINDS = ("control", "gateway", "worker", "slot")
AIMS_S = {"gateway": 1.0, "control": 2.0, "worker": 5.0, "slot": 5.0}
COOL_DOWN_S = 1
SURELY_S = 60
"""Longer than this no recovery may take, gate or not."""


@dataclass
class Report:
    """What a storm came to."""

    kills: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    recovery_s: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    gateway_kills_at: list[float] = field(default_factory=list)
    never: list[str] = field(default_factory=list)
    wakes: int = 0
    took_s: float = 0.0
    log: Log = field(default_factory=Log)
    ledger: list[str] = field(default_factory=list)
    intervals: int = 0
    orphans: list[str] = field(default_factory=list)

    def p99_s(self, kind: str) -> float:
        found = sorted(self.recovery_s[kind]) or [math.nan]
        return found[math.ceil(0.99 * len(found)) - 1]

    def lines(self) -> list[str]:
        log, total = self.log, sum(self.log.statuses.values()) + self.log.ours
        return [
            f"{sum(self.kills.values())} kills in {self.took_s:.0f} s, {total} requests ({total / self.took_s:.0f}/s), "
            f"{self.wakes} wakes, {log.while_waking / max(1, total):.0%} of the requests while cooling woke",
            f"answered: raw {log.answered}, our client {log.ours}; broken by a gateway kill {len(log.broken)}; "
            f"refused {log.refused}; lost {len(log.lost)}; slowest {log.slowest_s:.1f} s",
            *(
                f"recovery of {kind:8} p50 {sorted(self.recovery_s[kind])[len(self.recovery_s[kind]) // 2]:.2f} s, "
                f"p99 {self.p99_s(kind):.2f} s (aim {AIMS_S[kind]:.0f} s), {self.kills[kind]} kills"
                for kind in KINDS
                if self.recovery_s[kind]
            ),
            f"ledger: {self.intervals} intervals, {len(self.ledger)} off by more than 1 s; orphans {len(self.orphans)}",
        ]

    def faults(self, *, gate: bool = False) -> list[str]:
        """Return what must not be; with ``gate`` the aims count too."""
        stray = [at for at in self.log.broken if not any(0 <= at - kill < 5 for kill in self.gateway_kills_at)]
        found = [*self.log.lost[:5], *self.never, *self.ledger[:5], *self.orphans]
        if self.log.refused:
            found.append(f"{self.log.refused} connections were refused")
        if stray:
            found.append(f"{len(stray)} connections broke with no gateway kill near")
        if gate:
            found += [f"{k}: p99 {self.p99_s(k):.2f} s > {aim} s" for k, aim in AIMS_S.items() if self.p99_s(k) > aim]
        return found


class Storm:
    """A real backend in a folder of its own, with a killer and callers."""

    def __init__(self, root: Path, seed: int = 0) -> None:
        self.home = Home(root / "home")
        self.root = root
        self.dice = random.Random(seed)
        self.report = Report()
        repo = root / "echo"
        (repo / "model").mkdir(parents=True)
        (repo / "predict.py").write_text(ECHO)
        (repo / "requirements.txt").write_text("")
        control = backend()
        wanted = Deployment(machine="t3.micro.od", cool_down=COOL_DOWN_S, wait_request_s=120)
        deployed = [
            deploy_repo(control, repo, replace(wanted, name=name, cooling=cooling, slots=slots))
            for name, cooling, slots in (("steady", None, 2), ("waking", "t3.small.od", 1))
        ]
        self.job_ids = [one.job.job_id for one in deployed]
        self.urls = [one.urls[0] for one in deployed]

    # --- where things are -------------------------------------------------------------------------------------------------

    def control(self) -> ControlClient:
        info = decode(self.home.daemon_json.read_bytes(), DaemonInfo)
        return ControlClient(info.control_url, info.token)

    def job(self, job_id: str) -> JobView:
        client = self.control()
        try:
            return client.job(job_id)
        finally:
            client.close()

    def helper(self, name: str) -> psutil.Process | None:
        """Return the daemon's child that is control or gateway."""
        daemon = decode(self.home.daemon_json.read_bytes(), DaemonInfo).pid
        for child in psutil.Process(daemon).children(recursive=True):
            try:
                if f"aibro_jupyter.{name}" in child.cmdline():
                    return child
            except psutil.NoSuchProcess:
                continue
        return None

    # --- the storm --------------------------------------------------------------------------------------------------------

    def run(self, kills: int, every_s: float, at_most_s: float = math.inf) -> Report:
        """Kill that often and return what came of it. ``every_s`` 0: as soon as the last victim is back."""
        began = time.monotonic()
        with Oracle(self.home.instances) as oracle:
            steady, waking = self.urls
            with Callers(steady, waking) as callers:
                self.report.log = callers.log
                for number in range(kills):
                    at = time.monotonic()
                    if at - began > at_most_s:
                        break
                    callers.check()
                    self._breathe(callers)
                    kind = KINDS[number % len(KINDS)]
                    self._strike(kind)
                    while time.monotonic() - at < every_s:
                        self._breathe(callers)
                        time.sleep(0.05)
            self.report.took_s = time.monotonic() - began
            self._end(oracle)
        return self.report

    def _breathe(self, callers: Callers) -> None:
        """Call the second job until its cooling instance serves, then leave it alone until it sleeps."""
        try:
            phases = [i.phase for i in self.job(self.job_ids[1]).instances if i.role is Role.COOLING]
        except AibroError:
            return
        if Phase.SERVING in phases and callers.bursting.is_set():
            callers.bursting.clear()
            self.report.wakes += 1
        elif not set(phases) & {Phase.SERVING, Phase.STOPPING}:
            callers.bursting.set()

    def _strike(self, kind: str) -> None:
        self.report.kills[kind] += 1
        recovered = getattr(self, f"_kill_{kind}")()
        took_s = soon(recovered, SURELY_S)
        if took_s is None:
            self.report.never.append(f"the {kind} was not back within {SURELY_S} s")
        else:
            self.report.recovery_s[kind].append(took_s)

    def _kill_control(self) -> Callable[[], bool]:
        before = self._end_helper("control")

        def answers() -> bool:
            now = self.helper("control")
            if now is None or now.pid == before:
                return False
            try:
                return self.control().status() is not None
            except AibroError:
                return False

        return answers

    def _kill_gateway(self) -> Callable[[], bool]:
        self.report.gateway_kills_at.append(time.monotonic())
        self._end_helper("gateway")

        def answers() -> bool:
            try:
                return requests.post(self.urls[0], json="probe", timeout=SURELY_S).status_code == 200
            except requests.ConnectionError:
                return False

        return answers

    def _end_helper(self, name: str) -> int:
        victim = self.helper(name)
        assert victim is not None, name
        os.kill(victim.pid, 9)
        return victim.pid

    def _kill_worker(self) -> Callable[[], bool]:
        victim = self.dice.choice(agents(self.home.instances))
        lost = Path(victim.cmdline()[-1]).name
        os.kill(victim.pid, 9)

        def replaced() -> bool:
            try:
                views = [self.job(job_id) for job_id in self.job_ids]
            except AibroError:
                return False
            serving = [i for view in views for i in view.instances if i.phase is Phase.SERVING]
            up = sum(i.role is Role.STANDBY for i in serving) == len(views)
            return up and all(i.instance_id != lost for i in serving) and self._answers()

        return replaced

    def _kill_slot(self) -> Callable[[], bool]:
        found = self._slots()
        if not found:
            return self._answers
        victim = self.dice.choice(found)
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim.pid, 9)

        def gone() -> bool:
            with contextlib.suppress(psutil.NoSuchProcess):
                return victim.status() == psutil.STATUS_ZOMBIE or not victim.is_running()
            return True

        return lambda: gone() and self._answers()

    def _slots(self) -> list[psutil.Process]:
        """Return the models' processes, told by where they work: one forked from a parked parent is not its agent's."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if Path(process.cwd()).match(f"{self.home.instances}/*/slots/*"):
                    found.append(process)
        return found

    def _answers(self) -> bool:
        return requests.post(self.urls[0], json="probe", timeout=SURELY_S).status_code == 200

    def _end(self, oracle: Oracle) -> None:
        control = backend()
        for job_id in self.job_ids:
            control.complete(job_id)
        closed = soon(lambda: not agents(self.home.instances), SURELY_S)
        if closed is None:
            self.report.orphans.append("instances outlived their job")
        intervals: list[Interval] = []

        def all_closed() -> bool:
            intervals[:] = [i for job_id in self.job_ids for i in control.cost(job_id).intervals]
            return all(i.closed_ms is not None for i in intervals)

        soon(all_closed, SURELY_S)
        self.report.intervals = len(intervals)
        self.report.ledger = oracle.differences(intervals, within_s=1.0)
        down()
        soon(lambda: not left_over(self.root), 20)
        self.report.orphans += left_over(self.root)


def main() -> int:
    """Print the report; 1 if anything was lost, left over, off, or (with --gate) slower than its aim."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two kills")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--gate", action="store_true", help="a recovery slower than its aim fails")
    asked = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory(prefix="aibro-storm-") as folder:
        os.environ["AIBRO_HOME"] = str(Path(folder) / "home")
        os.environ["AIBRO_GATEWAY_QUIET_REPORT_S"] = "1"
        try:
            report = Storm(Path(folder), asked.seed).run(asked.kills, asked.every)
        finally:
            down()
    print("\n".join(report.lines()))
    faults = report.faults(gate=asked.gate)
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
