"""What tests of the engine's services share."""

import pytest

from tests.integrations.stub_vendor import stub_vendor


@pytest.fixture
def vendor(settings):
    """`vendor(answer)` plays the vendor in the sandbox's place."""
    playing = []

    def play(answer):
        context = stub_vendor(answer)
        playing.append(context)
        stub = context.__enter__()
        settings.SANDBOX_URL = stub.url
        return stub

    yield play
    for context in playing:
        context.__exit__(None, None, None)
