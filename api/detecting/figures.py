"""What Prometheus may ask about detection: pictures by outcome, the queue, the batches, the time it takes."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_PICTURES = (1, 2, 4, 8, 16, 32)


@dataclass(frozen=True, slots=True)
class Figures:
    """The instruments of one models thread and of those who wait for it."""

    pictures: Counter
    """By outcome: done, refused (the picture was wrong), busy (429), left (the caller hung up), failed."""
    waiting: Gauge
    batches: Histogram
    seconds: Histogram
    """By stage: decode, wait (in the queue), models."""
    films: Gauge
    """By state: queued, running."""


def new_figures(registry: CollectorRegistry) -> Figures:
    """Return instruments that stand at zero."""
    name = "mingchu_detect"
    return Figures(
        Counter(f"{name}_pictures_total", "Pictures by outcome", ("outcome",), registry=registry),
        Gauge(f"{name}_waiting", "Pictures that wait for the models", registry=registry),
        Histogram(f"{name}_batch_pictures", "Pictures in one batch", registry=registry, buckets=_PICTURES),
        Histogram(f"{name}_seconds", "Time by stage", ("stage",), registry=registry, buckets=_SECONDS),
        Gauge(f"{name}_films", "Video jobs by state", ("state",), registry=registry),
    )
