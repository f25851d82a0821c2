"""What every test may use: the shared data, and real servers where a test names one."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# Machines are noisy: a test fails for what it finds, never for how long it took.
settings.register_profile("mingchu", deadline=None)
settings.load_profile("mingchu")

ROOT = Path(__file__).parent.parent
SHARED = Path(os.environ.get("MINGCHU_SHARED", ROOT.parent / "shared"))
REQUIRED = os.environ.get("MINGCHU_REQUIRE_SERVERS") == "1"

SERVERS: dict[str, Callable[[], bool]] = {
    "gst-rtsp": lambda: bool(list(Path("/usr/lib").glob("*/girepository-1.0/GstRtspServer-1.0.typelib"))),
    "postgresql": lambda: any(Path("/usr/lib/postgresql").glob("*/bin/postgres")),
    "swift": lambda: all(shutil.which(name) for name in ("swift-proxy-server", "memcached")),
    "mosquitto": lambda: bool(shutil.which("mosquitto") or Path("/usr/sbin/mosquitto").exists()),
    "nginx-rtmp": lambda: Path("/usr/lib/nginx/modules/ngx_rtmp_module.so").exists(),
    "chromium": lambda: Path("/usr/bin/chromium").exists(),
}
"""Name in `@pytest.mark.server(name)` → is it installed here? servers.md of the design tells the Debian packages."""


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip (a laptop) or fail (CI) a test whose server is missing."""
    for mark in item.iter_markers("server"):
        missing = [name for name in mark.args if not SERVERS[name]()]
        if missing and REQUIRED:
            pytest.fail(f"this machine must have {', '.join(missing)} (MINGCHU_REQUIRE_SERVERS=1)", pytrace=False)
        if missing:
            pytest.skip(f"wants the server program {', '.join(missing)}")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the labelled data and clips beside the checkout; skip where they are not."""
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip(f"wants the team's data in {folder} (or MINGCHU_SHARED)")
    return folder
