"""The one exception of the package."""


class TicketError(Exception):
    """What is wrong with a file or with what was asked for; the message names the file or tensor."""


def shown(text: object, limit: int = 80) -> str:
    """A stranger's text as a message may show it: quoted, on one line, not longer than `limit`."""
    quoted = ascii(str(text))
    return quoted if len(quoted) <= limit else quoted[:limit] + "…'"
