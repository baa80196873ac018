"""Connection strings: secrets never reach a message, unreadable ones are errors of the input."""

import pytest

from migrator.errors import ConfigError
from migrator.pg.connection import connect, masked

SECRET = "hunter2"


@pytest.mark.parametrize(
    "dsn",
    [
        f"postgresql://dana:{SECRET}@db.example/shop",
        f"host=db.example user=dana password={SECRET}",
        f"host=db.example user=dana password='{SECRET} and more'",
        f"postgresql://dana@db.example/shop?password={SECRET}",
        f"postgresql://db.example/shop?sslmode=verify-full&sslkey=k&sslpassword={SECRET}",
    ],
)
def test_passwords_are_masked_and_the_rest_stays(dsn: str) -> None:
    told = masked(dsn)
    assert SECRET not in told
    assert "***" in told
    assert "db.example" in told


@pytest.mark.parametrize("dsn", [f"postgresql://dana:{SECRET} x@h/d", f"password={SECRET} nonsense", f"{SECRET}"])
def test_what_cannot_be_read_is_not_told(dsn: str) -> None:
    assert SECRET not in masked(dsn)
    with pytest.raises(ConfigError) as caught:
        connect(dsn)
    assert SECRET not in str(caught.value)
    assert str(caught.value).startswith("The connection string cannot be read.")
