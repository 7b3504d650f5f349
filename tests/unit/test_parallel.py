"""How tests are shared out among processes: what is made once for a file is made once."""

from pathlib import Path

from tests.parallel import LONG, rank, share_of

ROOT = Path(__file__).parents[2]


def test_files_with_fixtures_for_all_their_tests_go_to_one_process_as_a_whole() -> None:
    for path in (ROOT / "tests").rglob("test_*.py"):
        file = str(path.relative_to(ROOT))
        if path != Path(__file__) and 'scope="module"' in path.read_text():
            assert share_of(f"{file}::test_it[a]") == file


def test_integration_tests_that_share_nothing_go_one_by_one() -> None:
    nodeid = "tests/integration/test_worker.py::test_it[kafka]"

    assert share_of(nodeid) == nodeid


def test_long_ones_come_first_and_are_there() -> None:
    assert all((ROOT / start).exists() for start in LONG)
    assert [rank(f"{start}::test_it") for start in LONG] == list(range(len(LONG)))
    assert rank("tests/unit/test_readme.py::test_it") == len(LONG)
