"""Why a request is not sent at all."""

from __future__ import annotations

from delivery.core.response import Failure, Response


class RefusedError(Exception):
    """This request cannot be sent as it is."""

    def __init__(self, detail: str, failure: Failure = Failure.PROTOCOL) -> None:
        super().__init__(detail)
        self.failure = failure

    def response(self) -> Response:
        """The refusal in place of an answer."""
        return Response(failure=self.failure, detail=str(self))
