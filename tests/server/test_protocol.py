"""What a viewer may say, and that nothing it says raises."""

import pytest
from flowscope_server.protocol import (
    Ack,
    Command,
    Error,
    Pause,
    Resume,
    Speed,
    Step,
    Tune,
    parse,
    parse_offset,
    parse_speed,
)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ('{"type": "pause"}', Pause()),
        ('{"type": "resume"}', Resume()),
        ('{"type": "step"}', Step()),
        ('{"type": "speed", "value": 2}', Speed(2.0)),
        ('{"type": "speed", "value": 0.0625}', Speed(0.0625)),
        ('{"type": "speed", "value": 64}', Speed(64.0)),
        ('{"type": "ack", "offset": 0}', Ack(0)),
        ('{"type": "ack", "offset": 9007199254740992}', Ack(2**53)),
        ('{"type": "tune", "solver": 2, "rho": 0.25}', Tune(2, 0.25)),
        ('{"type": "tune", "solver": 0, "rho": 0}', Tune(0, 0.0)),
    ],
)
def test_every_message_of_the_table_is_understood(text: str, command: Command) -> None:
    assert parse(text) == command


GARBAGE = [
    ("", "JSON object"),
    ("pause", "JSON object"),
    ("null", "JSON object"),
    ("[1, 2]", "JSON object"),
    ("{", "JSON object"),
    ("[" * 4000, "JSON object"),
    ("9" * 4095, "JSON object"),
    ("\x00\ud800", "JSON object"),
    ("x" * 5000, "at most 4096 bytes"),
    ("é" * 3000, "at most 4096 bytes"),
    ("{}", "type: expected one of pause, resume, step, speed, ack, tune, came null"),
    ('{"type": "explode"}', 'came "explode"'),
    ('{"type": "stop"}', 'came "stop"'),
    ('{"type": ["pause"]}', "type: expected one of"),
    ('{"type": {}}', "type: expected one of"),
    ('{"type": "pause", "now": true}', 'pause: expected type alone, came also "now"'),
    ('{"type": "speed"}', "speed.value: expected a number, came nothing"),
    ('{"type": "speed", "value": 1, "offset": 2}', "expected type and value"),
    ('{"type": "speed", "value": true}', "came true"),
    ('{"type": "speed", "value": null}', "came null"),
    ('{"type": "speed", "value": "1"}', 'came "1"'),
    ('{"type": "speed", "value": 0}', "a number from 0.0625 to 64, came 0"),
    ('{"type": "speed", "value": -1}', "came -1"),
    ('{"type": "speed", "value": 65}', "came 65"),
    ('{"type": "speed", "value": 1e999}', "came inf"),
    ('{"type": "speed", "value": NaN}', "JSON object"),
    ('{"type": "tune", "rho": 0.5}', "tune.solver: expected a number, came nothing"),
    ('{"type": "tune", "solver": 1}', "tune.rho: expected a number, came nothing"),
    ('{"type": "tune", "solver": 1, "rho": 0.5, "frame": 3}', "tune: expected type and solver and rho, came also"),
    ('{"type": "tune", "solver": -1, "rho": 0.5}', "tune.solver: expected a whole number from 0, came -1"),
    ('{"type": "tune", "solver": true, "rho": 0.5}', "came true"),
    ('{"type": "tune", "solver": 1, "rho": 1.01}', "tune.rho: expected a number from 0 to 1, came 1.01"),
    ('{"type": "tune", "solver": 1, "rho": -1e-9}', "came -1e-09"),
    ('{"type": "tune", "solver": 1, "rho": "0"}', 'came "0"'),
    ('{"type": "tune", "solver": 1, "rho": 1e999}', "came inf"),
    ('{"type": "ack", "offset": -1}', "came -1"),
    ('{"type": "ack", "offset": 1.0}', "came 1.0"),
    ('{"type": "ack", "offset": false}', "came false"),
    ('{"type": "ack", "offset": 9007199254740993}', "came 9007199254740993"),
    ('{"type": "ack", "offset": [0]}', "a whole number of rows"),
    ('{"type": "ack", "offset": ' + "9" * 4000 + "}", "a whole number of rows"),
]


@pytest.mark.parametrize(("text", "part"), GARBAGE)
def test_garbage_is_answered_by_one_sentence(text: str, part: str) -> None:
    error = parse(text)
    assert isinstance(error, Error)
    assert part in error.message
    assert error.message.endswith(".") and len(error.message) < 200 and error.message.isascii()


def test_a_binary_message_is_answered_by_one_sentence() -> None:
    assert parse(b"\x00") == Error("Expected a text message with one JSON object, came a binary message.")


@pytest.mark.parametrize("text", ["-1", "1.5", "x", "", "٣", "9" * 17])
def test_a_wrong_offset_is_answered_by_one_sentence(text: str) -> None:
    assert isinstance(parse_offset(text), Error)


def test_an_offset_is_a_whole_number() -> None:
    assert parse_offset("120") == 120


@pytest.mark.parametrize(("text", "speed"), [("1", 1.0), ("0.0625", 0.0625), ("64", 64.0), ("6.4e1", 64.0)])
def test_a_speed_in_an_address(text: str, speed: float) -> None:
    assert parse_speed(text) == speed


@pytest.mark.parametrize("text", ["", "0", "-1", "65", "nan", "inf", "fast", "1,5", "\ud800"])
def test_a_wrong_speed_in_an_address_is_one_sentence(text: str) -> None:
    found = parse_speed(text)
    assert isinstance(found, Error) and found.message.startswith("speed: expected a number from 0.0625 to 64, came")
