"""Where a sign-in may send a browser: pages of ours, and nowhere else."""

import pytest

from dashboards.door.paths import LONGEST, own_path


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/me",
        "/rep/ana",
        "/rep/a%20b%2Fc",
        "/rep/an%C3%A9?lang=nl",
        "/?floor=north&tiles=a,b",
        "/team/x?back=//y",
        "/a.b/...",
    ],
)
def test_a_path_of_ours_is_kept_as_it_is(path: str) -> None:
    assert own_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "me",
        "//evil.example",
        "/x//evil.example",
        "/%2fevil.example/..",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/x\\..\\..",
        "https://evil.example",
        "https:/evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/x\nSet-Cookie: a=b",
        "/x\r\n",
        "/x\n",
        "/\x00",
        "/x y",
        " /x",
        "/x\u2028",
        "/é",
        "/x#y",
        "/..",
        "/../admin",
        "/rep/../../admin",
        "/rep/%2e%2e/%2E./admin",
        "/rep/.%2e%2f..%2fadmin",
        "/rep/..%5c..%5cadmin",
        "/./x",
        "/login",
        "/login?next=/x",
        "/callback?code=x",
        "/@evil.example/..",
        "/" + "x" * LONGEST,
    ],
)
def test_what_leads_elsewhere_is_none(path: str) -> None:
    assert own_path(path) == ""
