"""A film that is fetched: from a real server, by the job itself, bounded like any other URL."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from api.addresses import AddressRules, parse_networks
from api.detecting import films as films_module
from api.detecting.fetching import Fetcher
from api.detecting.figures import new_figures
from api.detecting.films import Film, Films, State, Studio
from api.detecting.service import Models
from api.detecting.watching import Order, Stage
from tests.films import write_film
from vision.clock import SystemClock


@pytest.fixture
def films(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Films]:
    """Give jobs whose watcher only tells how many bytes came; what it sees is tested elsewhere."""

    def watch(folder: Path, *_: object) -> Stage:
        return Stage(1.0, 0.0, (folder / "source").stat().st_size)

    monkeypatch.setattr(films_module, "watch_film", watch)
    fetcher = Fetcher(AddressRules(parse_networks("127.0.0.0/8")))
    studio = Studio(Models(), fetcher, new_figures(CollectorRegistry()), SystemClock(), most_bytes=1 << 16)
    films = Films(tmp_path / "videos", studio)
    yield films
    films.close()
    fetcher.close()


def fetched(films: Films, url: str) -> Film:
    films.folder("a").mkdir()
    films.add(Film("a", "key-1", Order(), url, films.studio.clock.now()))
    films._thread.submit(lambda: None).result(20)
    film = films.find("key-1", "a")
    assert film is not None
    return film


def test_a_film_is_fetched_and_its_copy_removed(
    films: Films, serve_http: Callable[[Path], str], tmp_path: Path
) -> None:
    size = write_film(tmp_path / "film.mp4").stat().st_size
    film = fetched(films, f"{serve_http(tmp_path)}/film.mp4")
    assert (film.state, film.stage.looks) == (State.DONE, size)
    assert [path.name for path in films.folder("a").iterdir()] == ["job.json"]


@pytest.mark.parametrize(
    ("path", "error"), [("/none.mp4", "answers 404"), ("/large.mp4", "more than 65536 bytes"), ("/private", "401")]
)
def test_what_cannot_be_fetched_fails_with_its_reason(
    films: Films, serve_http: Callable[[Path], str], tmp_path: Path, path: str, error: str
) -> None:
    (tmp_path / "large.mp4").write_bytes(b"\0" * (1 << 17))
    film = fetched(films, f"{serve_http(tmp_path)}{path}")
    assert film.state is State.FAILED
    assert error in film.error
    assert [each.name for each in films.folder("a").iterdir()] == ["job.json"]
