"""Which path a browser is sent to after a sign-in: one of ours, below the public URL, or none."""

import re
from urllib.parse import unquote

LONGEST = 512  # characters
# What a path with its query is written in; no backslash, fragment, blank or control character.
_WRITTEN = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*")
_OF_THE_SIGN_IN = ("/login", "/callback")


def own_path(text: str) -> str:
    """*text* where it is the path of a page of ours, with its query; empty where it is none.

    It is put behind the public URL, so another host cannot be reached; nor does it lead out of the
    path of that URL, or back to the sign-in.
    """
    if len(text) > LONGEST or not _WRITTEN.fullmatch(text):
        return ""
    path = text.partition("?")[0]
    parts = re.split(r"[/\\]", unquote(path))
    if "//" in path or not {".", ".."}.isdisjoint(parts) or path.startswith(_OF_THE_SIGN_IN):
        return ""
    return text
