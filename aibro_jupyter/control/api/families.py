"""The families of metrics: their names, what they mean, and their values at this moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from importlib.metadata import version
from itertools import accumulate

from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
    SummaryMetricFamily,
)

from aibro_jupyter.control.engine.reconciler import Reconciler
from aibro_jupyter.control.engine.world import World
from aibro_jupyter.control.ledger.meter import Spending, spending
from aibro_jupyter.control.ledger.rows import Dossier, InstanceRow, Past
from aibro_jupyter.control.rules.budget import by_limit
from aibro_jupyter.control.rules.wakes import all_wakes
from aibro_jupyter.figures import MICROS
from aibro_jupyter.protocol import LATENCY_BOUNDS_S, AnswerCounts, Limits
from aibro_jupyter.states import LAUNCHING, Phase

ENDED_TOLD_S = 3600.0
"""Chosen: whoever scrapes now and then gets an ended job's last figures, and does not keep its series for ever."""
_ENDED_AT_MOST = 100
_PARTS = ("provision", "environment", "load", "answer")
_JOB = ("job_id", "model")
_INSTANCE = (*_JOB, "instance_id", "role", "machine", "market")

# Prometheus itself names what it scrapes `job` and `instance`: labels of ours are called otherwise.


class Families:
    """Makes them anew for each scrape; nothing is kept but what was read of histories."""

    def __init__(self, world: World, reconciler: Reconciler) -> None:
        self._world = world
        self._reconciler = reconciler
        self._wakes: dict[str, tuple[tuple[Past, ...], _Wakes]] = {}

    def now(self) -> list[Metric]:
        """Return all of them at this moment."""
        store, now = self._world.store, self._world.clock.now()
        jobs = [
            known
            for known in map(store.job, store.job_ids(ended=_ENDED_AT_MOST))
            if known.job.ended_at is None or now - known.job.ended_at < ENDED_TOLD_S
        ]
        self._wakes = {known.job.job_id: self._wakes_of(known.job.job_id) for known in jobs}
        rows = [(known, row) for known in jobs for row in known.instances if row.phase is not Phase.TERMINATED]
        return [
            *self._backend(now),
            *(self._answers(jobs) if self._world.gateways.heard(now) else ()),
            *self._under_way(jobs),
            *self._woken(jobs),
            *self._instances(rows),
            *self._money(jobs, now),
        ]

    def _backend(self, now: float) -> Iterator[Metric]:
        yield _gauge(
            "aibro_build_info", "1, of the version that runs.", ("version",), [((version("aibro_jupyter"),), 1)]
        )
        silent = {name for name, _ in self._world.gateways.silent(now)}
        yield _gauge(
            "aibro_gateway_up",
            "Whether a gateway has reported within the last seconds.",
            ("gateway",),
            [((name,), name not in silent) for name in self._world.gateways.ids],
        )

    def _answers(self, jobs: list[Dossier]) -> Iterator[Metric]:
        requests = CounterMetricFamily(
            "aibro_requests",
            "Answers to predictions, by the tier that gave them (none: the gateway itself) and class of their status.",
            labels=(*_JOB, "tier", "status"),
        )
        took = HistogramMetricFamily(
            "aibro_request_duration_seconds",
            "Seconds from a request's last byte to its answer's head, waiting included; without answers of 5xx.",
            labels=_JOB,
        )
        for known in jobs:
            counts = self._world.gateways.answers(known.job.job_id)
            for tier, found in sorted(counts.by_tier.items()):
                for status, count in sorted(found.items()):
                    requests.add_metric((*_of(known), tier, status), count)
            took.add_metric(_of(known), _buckets(counts), sum_value=counts.took_us / 1e6)
        yield requests
        yield took

    def _under_way(self, jobs: list[Dossier]) -> Iterator[Metric]:
        reports = {known.job.job_id: list(self._world.gateways.of(known.job.job_id)) for known in jobs}
        yield _gauge(
            "aibro_requests_queued",
            "Requests that wait for an instance.",
            _JOB,
            [(_of(known), sum(report.held for report in reports[known.job.job_id])) for known in jobs],
        )
        yield _gauge(
            "aibro_requests_in_flight",
            "Requests that an instance has and whose answer is not whole.",
            _JOB,
            [
                (_of(known), sum(sum(report.in_flight.values()) for report in reports[known.job.job_id]))
                for known in jobs
            ],
        )

    def _woken(self, jobs: list[Dossier]) -> Iterator[Metric]:
        over = CounterMetricFamily(
            "aibro_wakes",
            "Launches and wakes of instances that are over: done (it served) or failed (it ended before).",
            labels=(*_JOB, "role", "state"),
        )
        parts = SummaryMetricFamily(
            "aibro_wake_part_seconds",
            "Seconds of each part of wakes that are done: provision, environment, load, and answer, the first one.",
            labels=(*_JOB, "role", "part"),
        )
        under_way = GaugeMetricFamily(
            "aibro_wakes_under_way", "Instances that come up at the moment.", labels=(*_JOB, "role")
        )
        for known in jobs:
            _, wakes = self._wakes[known.job.job_id]
            for (role, state), count in sorted(wakes.states.items()):
                if state == "waking":
                    under_way.add_metric((*_of(known), role), count)
                else:
                    over.add_metric((*_of(known), role, state), count)
            for (role, part), count in sorted(wakes.counts.items()):
                parts.add_metric((*_of(known), role, part), count, wakes.sums_ms[role, part] / 1000)
        yield from (over, parts, under_way)

    def _wakes_of(self, job_id: str) -> tuple[tuple[Past, ...], _Wakes]:
        """Return what a history says of wakes; it is read anew only when it has grown."""
        history = self._world.store.history(job_id)
        before = self._wakes.get(job_id)
        return before if before is not None and before[0] is history else (history, _Wakes(history))

    def _instances(self, rows: list[tuple[Dossier, InstanceRow]]) -> Iterator[Metric]:
        yield _gauge(
            "aibro_instance_up",
            "Whether an instance serves.",
            _INSTANCE,
            [(_at(known, row), row.phase is Phase.SERVING) for known, row in rows],
        )
        yield _gauge(
            "aibro_instance_phase",
            "1, by the phase that an instance is in.",
            (*_INSTANCE, "phase"),
            [((*_at(known, row), row.phase.value), 1) for known, row in rows],
        )
        told = [
            (_at(known, row), health)
            for known, row in rows
            if (row.phase in LAUNCHING or row.phase is Phase.SERVING)
            and (health := self._reconciler.health.get(row.instance_id)) is not None
        ]
        yield _gauge(
            "aibro_instance_slots_up",
            "Processes of an instance's model that are up.",
            _INSTANCE,
            [(labels, len(health.slots)) for labels, health in told],
        )
        yield _gauge(
            "aibro_instance_memory_bytes",
            "Memory that an instance's model takes, with all it started.",
            _INSTANCE,
            [(labels, health.memory_mib * 2**20) for labels, health in told],
        )
        yield _gauge(
            "aibro_instance_cpus",
            "CPUs that an instance's model kept at work lately; 1 is one, all the time.",
            _INSTANCE,
            [(labels, sum(slot.cpu for slot in health.slots)) for labels, health in told],
        )

    def _money(self, jobs: list[Dossier], now: float) -> Iterator[Metric]:
        store, book = self._world.store, self._world.price_book
        spent = [(known, spending(store.intervals(known.job.job_id), now, book)) for known in jobs]
        labels = (*_JOB, "simulated")
        yield _gauge(
            "aibro_cost_dollars",
            "What a job has cost so far, from its bill; simulated: what its machines would cost elsewhere.",
            labels,
            [(self._priced(known), one.spent_micros / MICROS) for known, one in spent],
        )
        yield _gauge(
            "aibro_cost_dollars_per_hour",
            "What a job costs an hour as it runs now.",
            labels,
            [(self._priced(known), one.micros_per_hour / MICROS) for known, one in spent],
        )
        yield _gauge(
            "aibro_budget_used_ratio",
            "Share of a job's budget that is used, of the day or in total; 1 is all of it.",
            (*_JOB, "limit"),
            [
                ((*_of(known), limit), share)
                for known, one in spent
                if known.job.outcome is None
                for limit, share in _shares(known.job.limits, one)
            ],
        )
        common = store.common_limits()
        together = spending(store.all_intervals(), now, book) if common != Limits() else Spending()
        yield _gauge(
            "aibro_common_budget_used_ratio",
            "Share of the budget of all jobs together that is used, of the day or in total.",
            ("limit",),
            [((limit,), share) for limit, share in _shares(common, together)],
        )

    def _priced(self, known: Dossier) -> tuple[str, ...]:
        provider = self._world.providers.get(known.current.spec.on)
        return (*_of(known), "true" if provider is not None and provider.simulated else "false")


class _Wakes:
    """What a history says of wakes."""

    def __init__(self, history: tuple[Past, ...]) -> None:
        self.states: Counter[tuple[str, str]] = Counter()
        """By role and state."""
        self.counts: Counter[tuple[str, str]] = Counter()
        """By role and part, those of which it is known."""
        self.sums_ms: Counter[tuple[str, str]] = Counter()
        for wake in all_wakes(history):
            role = wake.role.value
            self.states[role, wake.state] += 1
            took = (wake.provision_s, wake.environment_s, wake.load_s, wake.answer_s)
            for part, took_s in zip(_PARTS, took, strict=True):
                if wake.state == "done" and took_s is not None:
                    self.counts[role, part] += 1
                    self.sums_ms[role, part] += round(took_s * 1000)


def _gauge(
    name: str, meaning: str, labels: tuple[str, ...], values: list[tuple[tuple[str, ...], float]]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, meaning, labels=labels)
    for of, value in values:
        family.add_metric(of, float(value))
    return family


def _buckets(counts: AnswerCounts) -> list[tuple[str, float]]:
    """Return how many answers came within each bound, as histograms have it: those of all smaller ones too."""
    bounds = (*map(str, LATENCY_BOUNDS_S), "+Inf")
    return list(zip(bounds, accumulate(counts.buckets or (0,) * len(bounds)), strict=True))


def _shares(limits: Limits, one: Spending) -> Iterator[tuple[str, float]]:
    return ((name, micros / limit if limit else 1.0) for name, limit, micros in by_limit(limits, one))


def _of(known: Dossier) -> tuple[str, str]:
    return known.job.job_id, known.job.model_name


def _at(known: Dossier, row: InstanceRow) -> tuple[str, ...]:
    return (*_of(known), row.instance_id, row.role.value, row.machine, row.market.value)
