"""Is data/ private to a request? Unique bodies and files, 32 at once, with wakes and kills; ``python -m …isolation``."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import json
import os
import random
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import aiohttp
import psutil

from aibro_jupyter.client.deployment import Deployment
from aibro_jupyter.client.ensure import backend, down
from aibro_jupyter.client.road import deploy_repo
from aibro_jupyter.home import Home
from tests.crash.oracle import agents

AT_ONCE = 32
_BETWEEN_KILLS = 20
"""Answers: on a busy computer what was just killed is not up again sooner, and nothing would ever be answered."""
PATIENCE_S = 120
COOL_DOWN_S = 1
NOSY = '''
from pathlib import Path


def load_model():
    return None


def run(model):
    """Tell everything that lies in data/, and leave a mess for whoever comes next."""
    seen = {str(path.relative_to("data")): path.read_text() for path in sorted(Path("data").rglob("*")) if path.is_file()}
    Path("data/left-behind.txt").write_text(repr(seen))
    Path("data/more").mkdir(exist_ok=True)
    Path("data/more/left-behind.json").write_text(repr(seen))
    return seen
'''


class Isolation:
    """A nosy model with standby and cooling, and callers that know exactly what it may see."""

    def __init__(self, root: Path, seed: int = 0) -> None:
        self.home = Home(root / "home")
        self.dice = random.Random(seed)
        self.crossed: list[str] = []
        self.failed: list[str] = []
        self.kills = self.wakes = self.answered = 0
        repo = root / "nosy"
        for folder in ("model", "data"):
            (repo / folder).mkdir(parents=True)
        (repo / "predict.py").write_text(NOSY)
        (repo / "requirements.txt").write_text("")
        (repo / "data" / "input.json").write_text("{}")
        wanted = Deployment(
            name="nosy", machine="t3.micro.od", cooling="t3.small.od", cool_down=COOL_DOWN_S, wait_request_s=120
        )
        done = deploy_repo(backend(), repo, wanted)
        self.url = done.urls[0]

    async def run(self, requests: int) -> None:
        """Send that many requests; between two waves the cooling instance falls asleep, within each something dies."""
        numbers = iter(range(requests))
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE_S)) as session:
            for _ in range(0, requests, requests // 4):
                wave = [next(numbers, None) for _ in range(requests // 4)]
                await self._wave(session, [number for number in wave if number is not None])
                await self._until_asleep()

    async def _wave(self, session: aiohttp.ClientSession, numbers: list[int]) -> None:
        left = list(reversed(numbers))

        async def caller() -> None:
            while left:
                await self._one(session, left.pop())

        callers = asyncio.gather(*(caller() for _ in range(AT_ONCE)))
        killer = asyncio.create_task(self._kill_now_and_then())
        try:
            await callers
        finally:
            killer.cancel()

    async def _one(self, session: aiohttp.ClientSession, number: int) -> None:
        body, headers, expected = self._request(number)
        async with session.post(self.url, data=body, headers=headers) as got:
            text = await got.text()
            if got.status != 200:
                self.failed.append(f"{got.status} {text[:200]}")
                return
            self.answered += 1
            self.wakes += "cooling-expected" in got.headers.get("X-Aibro-Served-By", "")
            if (seen := json.loads(text)) != expected:
                self.crossed.append(f"{number}: sent {list(expected)}, it saw {json.dumps(seen)[:200]}")

    def _request(self, number: int) -> tuple[object, dict[str, str], dict[str, str]]:
        """Return a body, its headers, and the files it must become."""
        mark = f"mine-{number}-" + "x" * self.dice.choice([1, 100, 3_000])
        match number % 4:
            case 0:
                text = json.dumps({"mark": mark})
                return text, {"Content-Type": "application/json"}, {"input.json": text}
            case 1:
                form = aiohttp.FormData()
                form.add_field("file", mark.encode(), filename=f"photo-{number}.bin")
                return form, {}, {f"photo-{number}.bin": mark}
            case 2:
                packed = io.BytesIO()
                with zipfile.ZipFile(packed, "w") as archive:
                    archive.writestr(f"a-{number}.txt", mark)
                    archive.writestr(f"deep/b-{number}.txt", mark)
                files = {f"a-{number}.txt": mark, f"deep/b-{number}.txt": mark}
                return packed.getvalue(), {"Content-Type": "application/zip"}, files
            case _:
                text = json.dumps([mark])
                return text, {"Content-Type": "application/x-www-form-urlencoded"}, {"input.json": text}

    async def _kill_now_and_then(self) -> None:
        while True:
            before = self.answered
            await asyncio.sleep(self.dice.uniform(0.3, 1.5))
            while self.answered < before + _BETWEEN_KILLS:  # noqa: ASYNC110 -- others answer meanwhile
                await asyncio.sleep(0.05)
            with contextlib.suppress(IndexError, psutil.NoSuchProcess):
                agent = self.dice.choice(agents(self.home.instances))
                self.dice.choice([agent, *agent.children(recursive=True)]).kill()
                self.kills += 1

    async def _until_asleep(self) -> None:
        """Leave the model alone until its cooling instance sleeps."""
        await asyncio.sleep(COOL_DOWN_S)
        control, deadline = backend(), time.monotonic() + 60
        while time.monotonic() < deadline:
            job = await asyncio.to_thread(control.job_named, "nosy")
            if not any(i.role == "cooling" and i.phase in ("SERVING", "STOPPING") for i in job.instances):
                return
            await asyncio.sleep(0.1)


def main() -> int:
    """Run and print; 1 if a request saw anything that is not its own, or was not answered."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=5_000)
    asked = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory(prefix="aibro-isolation-") as folder:
        os.environ["AIBRO_HOME"] = str(Path(folder) / "home")
        os.environ["AIBRO_GATEWAY_QUIET_REPORT_S"] = "1"
        try:
            began = time.monotonic()
            subject = Isolation(Path(folder))
            asyncio.run(subject.run(asked.requests))
            took_s = time.monotonic() - began
        finally:
            down()
    print(
        f"{subject.answered} requests in {took_s:.0f} s, {AT_ONCE} at once, {subject.kills} kills, "
        f"{subject.wakes} while cooling woke; crossed {len(subject.crossed)}, failed {len(subject.failed)}"
    )
    print("\n".join([*subject.crossed[:5], *subject.failed[:5]]))
    return 1 if subject.crossed or subject.failed else 0


if __name__ == "__main__":
    sys.exit(main())
