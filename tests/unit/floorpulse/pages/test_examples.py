"""Examples in the pages: their commands are run, and what the last one prints is shown."""

import pytest

from floorpulse.pages.examples import printed

PAGE = """\
```sh
echo not this one
```

```sh
echo 17 > seen
echo $(cat seen) \\
  touches
```

<!-- here -->
"""


def test_the_last_command_of_the_block_above_is_shown() -> None:
    assert printed(PAGE, len(PAGE.splitlines())) == "```text\n17 touches\n```"


def test_a_command_sees_no_setting_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOORPULSE_ROSTER", "ours.yaml")

    assert printed("```sh\necho ${FLOORPULSE_ROSTER:-none}\n```\n", 3) == "```text\nnone\n```"


def test_a_command_that_fails_is_named_with_what_it_says() -> None:
    with pytest.raises(RuntimeError, match=r"^cat nothing ends with 1: cat: nothing: No such"):
        printed("```sh\ncat nothing\necho later\n```\n", 4)
