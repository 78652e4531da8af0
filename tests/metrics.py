"""What ``/metrics`` says, read as Prometheus reads it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import requests
from prometheus_client.parser import text_string_to_metric_families

Sample = tuple[str, frozenset[tuple[str, str]]]


@dataclass(frozen=True)
class Scrape:
    text: str

    @cached_property
    def _families(self) -> list[tuple[str, str, list[tuple[str, dict[str, str], float]]]]:
        return [
            (family.name, family.type, [(one.name, one.labels, one.value) for one in family.samples])
            for family in text_string_to_metric_families(self.text)
        ]

    @property
    def samples(self) -> list[tuple[str, dict[str, str]]]:
        return [(name, labels) for _, _, samples in self._families for name, labels, _ in samples]

    @property
    def names(self) -> set[str]:
        return {name for name, _ in self.samples}

    @property
    def families(self) -> set[str]:
        """The names that a person looks for, those without a sample too."""
        return {f"{name}_total" if kind == "counter" else name for name, kind, _ in self._families}

    def those(self, name: str, **labels: str) -> dict[Sample, float]:
        """The samples of a name that have these labels among theirs."""
        return {
            (one, frozenset(has.items())): value
            for _, _, samples in self._families
            for one, has, value in samples
            if one == name and labels.items() <= has.items()
        }

    def value(self, name: str, **labels: str) -> float:
        """The value of the one sample with just these labels."""
        return self.those(name, **labels)[name, frozenset(labels.items())]

    def counters(self) -> dict[Sample, float]:
        """Every number that Prometheus takes for one that never falls."""
        return {
            (name, frozenset(labels.items())): value
            for _, kind, samples in self._families
            for name, labels, value in samples
            if kind in ("counter", "histogram", "summary")
        }


def scrape(url: str, token: str) -> Scrape:
    answer = requests.get(f"{url}/metrics", headers={"Authorization": f"Bearer {token}"}, timeout=60)
    assert answer.status_code == 200, answer.text
    return Scrape(answer.text)
