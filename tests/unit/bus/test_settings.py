import pytest
from pydantic import ValidationError

from libs.bus.settings import BusSettings


def test_the_defaults_fit_the_embedded_broker() -> None:
    settings = BusSettings()
    assert settings.bootstrap == "127.0.0.1:9092"
    assert (settings.partitions, settings.replication, settings.max_attempts) == (6, 1, 3)


def test_a_password_does_not_show() -> None:
    assert "hidden!" not in repr(BusSettings(sasl_password="hidden!"))  # noqa: S106 a made-up one


@pytest.mark.parametrize(
    "wrong", [{"instance": "a b"}, {"partitions": 0}, {"backoff_max_s": 0}, {"unknown": 1}]
)
def test_what_cannot_work_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        BusSettings.model_validate(wrong)
