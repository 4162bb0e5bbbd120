"""Request dispatch: which tenant it is for, and which part answers: the API, a hosted page or the control API."""

import re

from .api.calls import Api
from .control.calls import Control
from .faults import Faults
from .http.messages import Answer, Request
from .pages import checkout, portal
from .store.database import Store
from .webhooks.delivery import Courier

TENANT = re.compile(r"/t/([A-Za-z0-9_.-]{1,80})(/.*)")


class App:
    """The application behind the HTTP server."""

    def __init__(self, store: Store, faults: Faults, courier: Courier) -> None:
        self.store, self.courier = store, courier
        self._api, self._control = Api(store, faults), Control(store, faults, courier)

    def answer(self, request: Request) -> Answer:
        match = TENANT.fullmatch(request.path)
        tenant, path = (match[1], match[2]) if match else ("", request.path)
        prefix = f"/t/{tenant}" if match else ""
        if path == "/favicon.ico":
            return Answer(204, b"", {"Cache-Control": "max-age=86400"})
        if path.startswith("/_sandbox/"):
            return self._control.answer(tenant, path, request)
        if path.startswith("/c/"):
            answer = checkout.answer(self.store, tenant, prefix, path, request)
        elif path.startswith("/p/"):
            answer = portal.answer(self.store, tenant, prefix, path, request)
        else:
            answer = self._api.answer(request, tenant, prefix, path)
        self.courier.wake()
        return answer
