"""Shop events under the names of Google's tag and of advertising pixels."""

from collections import Counter

import pytest

from integrations.core.event_names import OTHER_NAMES, meant
from integrations.core.operations.tables import normal_name


@pytest.mark.parametrize(
    ("named", "sent"),
    [
        ("Order Completed", "purchase"),
        ("Product Added", "Add_To_Cart"),
        ("Product Added", "AddToCart"),
        ("Signed Up", "complete registration"),
    ],
)
def test_a_shop_event_is_meant_under_its_other_names_too(named: str, sent: str) -> None:
    assert normal_name(sent) in meant([named])


def test_the_other_name_means_itself_alone() -> None:
    assert meant(["purchase", "Quiz Finished"]) == {"purchase", "quiz finished"}


def test_an_other_name_means_one_event() -> None:
    names = [*OTHER_NAMES, *(other for others in OTHER_NAMES.values() for other in others)]

    assert [name for name, count in Counter(map(normal_name, names)).items() if count > 1] == []
