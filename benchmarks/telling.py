"""Claim: whoever is killed, every message arrives by SSE, pull, webhook and MQTT, in order for each camera.

`python benchmarks/telling.py [--database sqlite|postgresql]` compresses an hour of traffic into minutes, against a real
API, a real broker and four consumers in processes of their own, all of which are killed (SIGKILL; the broker by
SIGTERM, because what it promised its subscribers and loses in a crash is not ours) and started again at random.
"""

import argparse
import json
import sys
import tempfile
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path

import machine

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.e2e.telling import Drill, Plan
from tests.servers.postgres import running_postgres

RESULTS = Path(__file__).parent / "results" / "telling.json"


def main() -> None:
    """Run the drill and write what arrived; exit 1 when something did not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="postgresql")
    parser.add_argument("--messages", type=int, default=3600)
    parser.add_argument("--minutes", type=float, default=3.5)
    parser.add_argument("--api-kills", type=int, default=4)
    parser.add_argument("--broker-stops", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=RESULTS)
    asked = parser.parse_args()
    rare = {"api_kills": asked.api_kills, "broker_stops": asked.broker_stops}
    plan = Plan(asked.messages, asked.minutes * 60, pause_s=1.5, seed=asked.seed, **rare)
    server = running_postgres() if asked.database == "postgresql" else nullcontext()
    with server as postgres, tempfile.TemporaryDirectory() as folder:
        result = Drill(Path(folder), plan, postgres.url if postgres else "").run()
    kept = {"database": asked.database, "simulated_minutes": 60, "over_s": plan.over_s, **asdict(result)}
    report = {**kept, "faults": result.faults, "machine": machine.described(("paho-mqtt", "httpx", "sqlalchemy"))}
    print(json.dumps(report, indent=1))
    asked.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    sys.exit(1 if result.faults else 0)


if __name__ == "__main__":
    main()
