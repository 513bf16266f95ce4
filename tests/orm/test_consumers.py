"""What asynchronous consumers of channels hand to the thread where queries run: whether a connection is left there."""

from __future__ import annotations

import pytest
from uncovering import uncovered

HEAD = """
from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer, WebsocketConsumer
from shop.models import Order
"""

CASES: list[tuple[str, bool, str, dict[str, str]]] = [
    (
        "call",
        True,
        """
class C(AsyncWebsocketConsumer):
    async def receive(self, d):
        await sync_to_async(self.m)()
    def m(self):
        Order.objects.count()
""",
        {},
    ),
    (
        "qs method",
        True,
        """
class C(AsyncWebsocketConsumer):
    async def receive(self, d):
        await sync_to_async(Order.objects.count)()
""",
        {},
    ),
    (
        "list qs",
        True,
        """
class C(AsyncWebsocketConsumer):
    async def receive(self, d):
        x = await sync_to_async(list)(Order.objects.all())
""",
        {},
    ),
    (
        "lambda",
        True,
        """
class C(AsyncWebsocketConsumer):
    async def receive(self, d):
        x = await sync_to_async(lambda: Order.objects.first())()
""",
        {},
    ),
    (
        "deco method",
        True,
        """
class C(AsyncWebsocketConsumer):
    async def receive(self, d):
        await self.m()
    @sync_to_async
    def m(self):
        Order.objects.count()
""",
        {},
    ),
    (
        "deco helper mod",
        True,
        """
from shop.h import load
class C(AsyncWebsocketConsumer):
    async def receive(self, d):
        await load()
""",
        {
            'shop/h.py': """
from asgiref.sync import sync_to_async
from shop.models import Order
@sync_to_async
def load():
    Order.objects.count()
""",
        },
    ),
    (
        "dsta",
        False,
        """
class C(AsyncWebsocketConsumer):
    async def receive(self, d):
        await database_sync_to_async(self.m)()
    def m(self):
        Order.objects.count()
""",
        {},
    ),
    (
        "sync consumer",
        False,
        """
class C(WebsocketConsumer):
    def receive(self, d):
        Order.objects.count()
""",
        {},
    ),
    (
        "view",
        False,
        """
async def view(r):
    await sync_to_async(Order.objects.count)()
""",
        {},
    ),
    (
        "no orm",
        False,
        """
class C(AsyncWebsocketConsumer):
    async def receive(self, d):
        await sync_to_async(print)()
""",
        {},
    ),
    (
        "a method",
        False,
        """
class C(AsyncWebsocketConsumer):
    async def receive(self, d):
        await Order.objects.acount()
""",
        {},
    ),
    (
        "close start",
        False,
        """
from django.db import close_old_connections
class C(AsyncWebsocketConsumer):
    async def receive(self, d):
        await sync_to_async(self.m)()
    def m(self):
        close_old_connections()
        Order.objects.count()
""",
        {},
    ),
    (
        "subclass base",
        True,
        """
from shop.b import Base
class C(Base):
    async def receive(self, d):
        await sync_to_async(self.m)()
    def m(self):
        Order.objects.count()
""",
        {
            'shop/b.py': """
from channels.generic.websocket import AsyncJsonWebsocketConsumer
class Base(AsyncJsonWebsocketConsumer):
    pass
""",
        },
    ),
]  # fmt: skip


@pytest.mark.parametrize(("leaves", "code", "others"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_leaves_a_connection(leaves: bool, code: str, others: dict[str, str]) -> None:
    assert len(uncovered(HEAD + code, others)) == leaves
