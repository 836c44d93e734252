"""What the API serves: the station's service, as far as every route knows it.

Routes of one verb ask for more through their own protocol; whoever makes the application
gives an object that satisfies them all.
"""

from collections.abc import Mapping
from typing import Annotated, Protocol

from fastapi import Depends, Request


class Service(Protocol):
    """The program behind the door."""

    def health(self) -> Mapping[str, object]:
        """What a supervisor wants to know: JSON values, answered at once."""


def get_service(request: Request) -> Service:
    """The service that the application was made over."""
    service: Service = request.app.state.service
    return service


CurrentService = Annotated[Service, Depends(get_service)]
