"""What schemathesis checks beside its own checks; it is loaded by SCHEMATHESIS_HOOKS, in schemathesis' environment."""

import re

import schemathesis

LEAKS = re.compile(
    r"Traceback|Hello from Rasa|\bSanic\b|site-packages|File \"/|SQLAlchemy|psycopg|\b3\.6\.2\d\b|21\.12\.\d"
)


@schemathesis.check
def nothing_is_told_of_the_inside(ctx, response, case):
    """No traceback and no version, in headers or body."""
    told = "\n".join([*map(str, response.headers.items()), response.text])
    assert not LEAKS.search(told), f"it tells of the inside: {LEAKS.search(told)[0]}"
