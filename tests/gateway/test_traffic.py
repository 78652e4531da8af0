from __future__ import annotations

from aibro_jupyter.gateway.traffic import Traffic


def test_counters_and_windows() -> None:
    traffic = Traffic()
    for second in range(100):
        traffic.came(float(second))
        traffic.answered(second + 0.5, (second + 1) / 1000, status=500 if second == 3 else 200)
    assert (traffic.requests, traffic.errors, traffic.last_at) == (100, 1, 99.5)
    assert traffic.per_minute(99.5) == 60
    assert traffic.percentile_ms(99.5, 0.50) == 70.0
    assert traffic.percentile_ms(99.5, 0.99) == 100.0
    assert traffic.per_minute(1_000) == 0
    assert traffic.percentile_ms(1_000, 0.5) is None


def test_a_callers_mistake_is_no_error() -> None:
    traffic = Traffic()
    traffic.came(0.0)
    traffic.answered(0.1, 0.1, status=422)
    assert traffic.errors == 0
