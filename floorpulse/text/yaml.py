"""Names in YAML, whatever characters they have: what is written is read again as it was."""

_LONGEST_KEY = 1000  # characters; YAML has no longer keys in the short form
_ESCAPED = {'"': '\\"', "\\": "\\\\"}


def quoted(text: str) -> str:
    """A text in double quotes; what does not print, as line separators, is escaped."""
    return '"' + "".join(map(_character, text)) + '"'


def _character(character: str) -> str:
    if character == " " or character.isprintable():
        return _ESCAPED.get(character, character)
    return f"\\U{ord(character):08x}"


def entry(name: str, value: str) -> list[str]:
    """The lines of an entry of a mapping, indented by two blanks."""
    key = quoted(name)
    if len(key) <= _LONGEST_KEY:
        return [f"  {key}: {value}".rstrip()]
    return [f"  ? {key}", f"  : {value}".rstrip()]
