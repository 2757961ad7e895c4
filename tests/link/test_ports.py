"""A port is picked alone only when there is exactly one candidate."""

from __future__ import annotations

import pytest

from sktools.errors import MissingError, UsageError
from sktools.link.ports import Port, find_port, list_ports

JLINK = Port("/dev/ttyACM0", "J-Link", 0x1366, 0x1024, "000801048000")
OTHER_JLINK = Port("/dev/ttyACM1", "J-Link", 0x1366, 0x1024, "000801049999")
USB_CDC = Port("/dev/ttyACM2", "Ambiq", 0xCAFE, 0x4001, "123")
BUILT_IN = Port("/dev/ttyS0", "n/a", None, None, None)
EVB = ((0x1366, None), (0xCAFE, None))


def test_the_only_candidate_is_taken() -> None:
    assert find_port("apollo4p_evb", EVB, ports=[BUILT_IN, JLINK]) is JLINK


def test_a_serial_number_chooses_with_and_without_its_zeros() -> None:
    ports = [JLINK, OTHER_JLINK, BUILT_IN]
    assert find_port("apollo4p_evb", EVB, "801049999", ports) is OTHER_JLINK
    assert find_port("apollo4p_evb", EVB, "000801048000", ports) is JLINK


def test_several_candidates_are_listed_and_none_is_guessed() -> None:
    with pytest.raises(
        UsageError, match=r"2 ports can be apollo4p_evb: /dev/ttyACM0 .*801048000.*/dev/ttyACM2"
    ) as caught:
        find_port("apollo4p_evb", EVB, ports=[JLINK, USB_CDC, BUILT_IN])
    assert "--port" in caught.value.hint


def test_a_product_id_narrows() -> None:
    assert find_port("x", ((0xCAFE, 0x4001),), ports=[JLINK, USB_CDC]) is USB_CDC
    with pytest.raises(MissingError):
        find_port("x", ((0xCAFE, 0x4002),), ports=[JLINK, USB_CDC])


def test_no_candidate_tells_what_is_there() -> None:
    with pytest.raises(MissingError, match=r"no port is apollo4p_evb; ports found: /dev/ttyS0"):
        find_port("apollo4p_evb", EVB, ports=[BUILT_IN])
    with pytest.raises(MissingError, match="none at all"):
        find_port("apollo4p_evb", EVB, ports=[])
    with pytest.raises(MissingError, match="with serial number 5"):
        find_port("apollo4p_evb", EVB, "5", [JLINK])


def test_this_machine_can_be_asked() -> None:
    assert all(port.device for port in list_ports())
