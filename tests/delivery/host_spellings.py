"""The ways in which an IPv4 address can be written as a host, as resolvers read them (inet_aton)."""

from __future__ import annotations

from ipaddress import IPv4Address

from hypothesis import strategies as st

FULL_WIDTH = str.maketrans(
    "0123456789.", "\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19\u3002"
)
CIRCLED = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")


@st.composite
def spellings(draw: st.DrawFn, addresses: st.SearchStrategy[IPv4Address]) -> tuple[str, IPv4Address]:
    """One to four numbers, each decimal, octal or hexadecimal, and the address that they mean."""
    address = draw(addresses)
    parts = draw(st.integers(1, 4))
    numbers = [*address.packed[: parts - 1], int.from_bytes(address.packed[parts - 1 :])]
    return ".".join(draw(_number(number)) for number in numbers), address


def disguised(text: str) -> list[str]:
    """The same digits in other characters, and with a dot at the end."""
    return [text.translate(FULL_WIDTH), text.translate(CIRCLED), f"{text}.", text.replace(".", "%2e")]


def _number(number: int) -> st.SearchStrategy[str]:
    return st.sampled_from(
        [f"{number}", f"0{number:o}", f"000{number:o}", f"0x{number:x}", f"0X{number:08X}"]
    )
