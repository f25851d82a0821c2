"""What Prometheus may ask about those who are told: tries by outcome, and how far MQTT is behind."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge


@dataclass(frozen=True, slots=True)
class Figures:
    """The instruments of one process."""

    webhooks: Counter
    """Tries by outcome: taken, refused, away, gone."""
    mqtt: Counter
    """Messages that the broker has acknowledged."""
    mqtt_behind: Gauge
    """Lines of the log that the broker has not got; of several processes the one that publishes knows."""


def new_figures(registry: CollectorRegistry) -> Figures:
    """Return instruments that stand at zero."""
    return Figures(
        Counter("mingchu_webhook_tries_total", "Tries at webhooks by outcome", ("outcome",), registry=registry),
        Counter("mingchu_mqtt_messages_total", "Messages acknowledged by the broker", registry=registry),
        Gauge("mingchu_mqtt_behind", "Lines of the log that the broker has not got", registry=registry),
    )
