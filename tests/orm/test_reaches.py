"""What reaches the ORM and what does not: a small module whose thread never closes, and whether it uses a connection."""

from __future__ import annotations

import pytest
from uncovering import uncovered

HEAD = """
from threading import Thread
from django import db
from django.contrib.auth import authenticate, login, logout, get_user_model
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection, connections, transaction, models
from shop.models import Order, Shop
"""

CASES: list[tuple[str, bool, str, dict[str, str]]] = [
    (
        "manager count",
        True,
        """
def work(x=None):
    Order.objects.count()

Thread(target=work).start()
""",
        {},
    ),
    (
        "default manager",
        True,
        """
def work(x=None):
    Order._default_manager.get(pk=1)

Thread(target=work).start()
""",
        {},
    ),
    (
        "loop qs",
        True,
        """
def work(x=None):
    for o in Order.objects.all():
        pass

Thread(target=work).start()
""",
        {},
    ),
    (
        "project manager",
        True,
        """
class M(models.Manager):
    def published(self):
        return self.filter(total=1)
class OrderX(models.Model):
    published = M()

def work(x=None):
    OrderX.published.all()[0]

Thread(target=work).start()
""",
        {},
    ),
    (
        "custom manager method",
        True,
        """
class M(models.Manager):
    def latest_one(self):
        return self.order_by('id').last()
class OrderX(models.Model):
    objects = M()

def work(x=None):
    OrderX.objects.latest_one()

Thread(target=work).start()
""",
        {},
    ),
    (
        "from_queryset",
        True,
        """
class Q(models.QuerySet):
    def mine(self):
        return self.filter(a=1).first()
class OrderX(models.Model):
    objects = models.Manager.from_queryset(Q)()

def work(x=None):
    OrderX.objects.mine()

Thread(target=work).start()
""",
        {},
    ),
    (
        "as_manager",
        True,
        """
class Q(models.QuerySet):
    def mine(self):
        return self.filter(a=1).first()
class OrderX(models.Model):
    objects = Q.as_manager()

def work(x=None):
    OrderX.objects.mine()

Thread(target=work).start()
""",
        {},
    ),
    (
        "cls.objects base",
        True,
        """
class Base(models.Model):
    class Meta:
        abstract = True
    @classmethod
    def find(cls, pk):
        return cls.objects.filter(pk=pk).first()
class OrderX(Base):
    pass

def work(x=None):
    OrderX.find(1)

Thread(target=work).start()
""",
        {},
    ),
    (
        "self.__class__.objects",
        True,
        """
class OrderX(models.Model):
    def again(self):
        return self.__class__.objects.get(pk=self.pk)

def work(x=None):
    OrderX().again()

Thread(target=work).start()
""",
        {},
    ),
    (
        "type(self).objects",
        True,
        """
class OrderX(models.Model):
    def again(self):
        return type(self).objects.get(pk=self.pk)

def work(x=None):
    OrderX().again()

Thread(target=work).start()
""",
        {},
    ),
    (
        "related manager reverse",
        True,
        """
def work(x=None):
    shop = Shop()
    shop.order_set.all().count()

Thread(target=work).start()
""",
        {},
    ),
    (
        "related_name",
        True,
        """
class S(models.Model):
    pass
class L(models.Model):
    s = models.ForeignKey(S, related_name='lines', on_delete=models.CASCADE)

def work(x=None):
    s = S()
    s.lines.count()

Thread(target=work).start()
""",
        {},
    ),
    (
        "m2m",
        True,
        """
class Tag(models.Model):
    pass
class S(models.Model):
    tags = models.ManyToManyField(Tag)

def work(x=None):
    s = S()
    s.tags.add(1)

Thread(target=work).start()
""",
        {},
    ),
    (
        "annot param",
        True,
        """
def work(order: Order):
    order.save()
Thread(target=work, args=(1,)).start()
""",
        {},
    ),
    (
        "passed instance",
        True,
        """
def work(order):
    order.delete()
def v():
    o = Order.objects.get(pk=1)
    Thread(target=work, args=(o,)).start()
""",
        {},
    ),
    (
        "passed instance kwargs",
        True,
        """
def work(order=None):
    order.refresh_from_db()
def v():
    o = Order(total=1)
    Thread(target=work, kwargs={'order': o}).start()
""",
        {},
    ),
    (
        "passed queryset iter",
        True,
        """
def work(qs):
    for o in qs:
        print(o)
def v():
    Thread(target=work, args=(Order.objects.all(),)).start()
""",
        {},
    ),
    (
        "thread attr instance",
        True,
        """
class T(Thread):
    def __init__(self, order):
        super().__init__()
        self.order = order
    def run(self):
        self.order.save()
def v():
    o = Order.objects.first()
    T(o).start()
""",
        {},
    ),
    (
        "lazy relation of passed",
        True,
        """
def work(order):
    print(order.shop.name)
def v():
    o = Order.objects.first()
    Thread(target=work, args=(o,)).start()
""",
        {},
    ),
    (
        "shop_id no query",
        False,
        """
def work(order):
    print(order.shop_id)
def v():
    o = Order.objects.first()
    Thread(target=work, args=(o,)).start()
""",
        {},
    ),
    (
        "request.user lazily",
        False,
        """
def work(request):
    print(request.user.email)
def v(request):
    Thread(target=work, args=(request,)).start()
""",
        {},
    ),
    (
        "get_user_model alias",
        True,
        """
def work(x=None):
    U = get_user_model()
    U.objects.get(pk=1)

Thread(target=work).start()
""",
        {},
    ),
    (
        "get_user_model module",
        True,
        """
U = get_user_model()

def work(x=None):
    U.objects.get(pk=1)

Thread(target=work).start()
""",
        {},
    ),
    (
        "User create_user",
        True,
        """
def work(x=None):
    User.objects.create_user('a')

Thread(target=work).start()
""",
        {},
    ),
    (
        "authenticate",
        True,
        """
def work(x=None):
    authenticate(username='a')

Thread(target=work).start()
""",
        {},
    ),
    (
        "login",
        True,
        """
def work(x=None):
    login(x, x)

Thread(target=work).start()
""",
        {},
    ),
    (
        "cursor",
        True,
        """
def work(x=None):
    with connection.cursor() as c:
        c.execute('x')

Thread(target=work).start()
""",
        {},
    ),
    (
        "connections cursor",
        True,
        """
def work(x=None):
    with connections['a'].cursor() as c:
        c.execute('x')

Thread(target=work).start()
""",
        {},
    ),
    (
        "atomic decorator",
        True,
        """
@transaction.atomic
def save():
    pass

def work(x=None):
    save()

Thread(target=work).start()
""",
        {},
    ),
    (
        "atomic ctx using",
        True,
        """
def work(x=None):
    with transaction.atomic(using='x'):
        pass

Thread(target=work).start()
""",
        {},
    ),
    (
        "on_commit",
        True,
        """
def work(x=None):
    transaction.on_commit(lambda: Order.objects.count())

Thread(target=work).start()
""",
        {},
    ),
    (
        "apps.get_model",
        True,
        """
from django.apps import apps

def work(x=None):
    apps.get_model('shop','Order').objects.count()

Thread(target=work).start()
""",
        {},
    ),
    (
        "apps.get_model from",
        True,
        """
from django.apps import apps

def work(x=None):
    M = apps.get_model('shop','Order')
    M.objects.count()

Thread(target=work).start()
""",
        {},
    ),
    (
        "get_object_or_404",
        True,
        """
from django.shortcuts import get_object_or_404

def work(x=None):
    get_object_or_404(Order, pk=1)

Thread(target=work).start()
""",
        {},
    ),
    (
        "drf serializer save",
        True,
        """
from rest_framework import serializers
class S(serializers.ModelSerializer):
    class Meta:
        model = Order

def work(x=None):
    s = S(data={})
    s.is_valid()
    s.save()

Thread(target=work).start()
""",
        {},
    ),
    (
        "drf plain serializer save",
        False,
        """
from rest_framework import serializers
class S(serializers.Serializer):
    def create(self, d):
        return 1

def work(x=None):
    s = S(data={})
    s.save()

Thread(target=work).start()
""",
        {},
    ),
    (
        "drf plain serializer create orm",
        True,
        """
from rest_framework import serializers
class S(serializers.Serializer):
    def create(self, d):
        return Order.objects.create()

def work(x=None):
    s = S(data={})
    s.save()

Thread(target=work).start()
""",
        {},
    ),
    (
        "drf serializer .data queryset",
        True,
        """
from rest_framework import serializers
class S(serializers.ModelSerializer):
    class Meta:
        model = Order

def work(x=None):
    S(Order.objects.all(), many=True).data

Thread(target=work).start()
""",
        {},
    ),
    (
        "modelform save",
        True,
        """
from django import forms
class F(forms.ModelForm):
    pass

def work(x=None):
    F({}).save()

Thread(target=work).start()
""",
        {},
    ),
    (
        "call_command",
        True,
        """
def work(x=None):
    call_command('migrate')

Thread(target=work).start()
""",
        {},
    ),
    (
        "call_command project",
        True,
        """
def work(x=None):
    call_command('poll')

Thread(target=work).start()
""",
        {
            'shop/management/commands/poll.py': """
from django.core.management.base import BaseCommand
from shop.models import Order
class Command(BaseCommand):
    def handle(self, **o):
        Order.objects.count()
""",
        },
    ),
    (
        "call_command project none",
        False,
        """
def work(x=None):
    call_command('poll')

Thread(target=work).start()
""",
        {
            'shop/management/commands/poll.py': """
from django.core.management.base import BaseCommand
class Command(BaseCommand):
    def handle(self, **o):
        print(1)
""",
        },
    ),
    (
        "Command().handle",
        True,
        """
from shop.management.commands.poll import Command

def work(x=None):
    Command().handle()

Thread(target=work).start()
""",
        {
            'shop/management/commands/poll.py': """
from django.core.management.base import BaseCommand
from shop.models import Order
class Command(BaseCommand):
    def handle(self, **o):
        Order.objects.count()
""",
        },
    ),
    (
        "call_command collectstatic",
        False,
        """
def work(x=None):
    call_command('collectstatic')

Thread(target=work).start()
""",
        {},
    ),
    (
        "bulk_create list",
        True,
        """
def work(x=None):
    Order.objects.bulk_create([Order()])

Thread(target=work).start()
""",
        {},
    ),
    (
        "qs in bool if",
        True,
        """
def work(x=None):
    if Order.objects.filter(a=1):
        pass

Thread(target=work).start()
""",
        {},
    ),
    (
        "len(qs)",
        True,
        """
def work(x=None):
    len(Order.objects.all())

Thread(target=work).start()
""",
        {},
    ),
    (
        "Q only",
        False,
        """
def work(x=None):
    from django.db.models import Q
    Q(a=1)

Thread(target=work).start()
""",
        {},
    ),
    (
        "model build no save",
        False,
        """
def work(x=None):
    Order(total=1)

Thread(target=work).start()
""",
        {},
    ),
    (
        "requests.post save",
        False,
        """
def work(x=None):
    import requests
    requests.post('x').save()

Thread(target=work).start()
""",
        {},
    ),
    (
        "dict get/filter",
        False,
        """
def work(x=None):
    {}.get('a')
    [].filter

Thread(target=work).start()
""",
        {},
    ),
    (
        "subprocess",
        False,
        """
def work(x=None):
    import subprocess
    subprocess.run(['a'])

Thread(target=work).start()
""",
        {},
    ),
    (
        "celery delay",
        False,
        """
from celery import shared_task
@shared_task
def t(x):
    Order.objects.count()

def work(x=None):
    t.delay(1)

Thread(target=work).start()
""",
        {},
    ),
    (
        "celery call direct",
        True,
        """
from celery import shared_task
@shared_task
def t(x):
    Order.objects.count()

def work(x=None):
    t(1)

Thread(target=work).start()
""",
        {},
    ),
    (
        "celery apply",
        True,
        """
from celery import shared_task
@shared_task
def t(x):
    Order.objects.count()

def work(x=None):
    t.apply(args=[1])

Thread(target=work).start()
""",
        {},
    ),
    (
        "contenttypes",
        True,
        """
from django.contrib.contenttypes.models import ContentType

def work(x=None):
    ContentType.objects.get_for_model(Order)

Thread(target=work).start()
""",
        {},
    ),
    (
        "Site.objects.get_current",
        True,
        """
from django.contrib.sites.models import Site

def work(x=None):
    Site.objects.get_current()

Thread(target=work).start()
""",
        {},
    ),
    (
        "has_perm user",
        True,
        """
def work(x=None):
    u = User.objects.first()

Thread(target=work).start()
""",
        {},
    ),
    (
        "post_save receiver via save",
        True,
        """
def work(x=None):
    Order().save()

Thread(target=work).start()
""",
        {},
    ),
    (
        "update_or_create tuple",
        True,
        """
def work(x=None):
    o, c = Order.objects.get_or_create(a=1)
    o.save()

Thread(target=work).start()
""",
        {},
    ),
    (
        "polymorphic subclass",
        False,
        """
class Base:
    def go(self):
        self.impl()
    def impl(self):
        raise NotImplementedError
class A(Base):
    def impl(self):
        Order.objects.count()

def work(x=None):
    Base().go()

Thread(target=work).start()
""",
        {},
    ),
    (
        "mixin using self.queryset",
        True,
        """
class V:
    queryset = Order.objects.all()
    def go(self):
        self.queryset.count()
    def start(self):
        Thread(target=self.go).start()
""",
        {},
    ),
    (
        "view get_object",
        True,
        """
from rest_framework import viewsets
class V(viewsets.ModelViewSet):
    queryset = Order.objects.all()
    def go(self):
        self.get_object()
    def start(self):
        Thread(target=self.go).start()
""",
        {},
    ),
    (
        "pandas/sqlalchemy decoys",
        False,
        """
import sqlalchemy
def work(s=None):
    s = sqlalchemy.orm.Session()
    s.query(1).filter(2).first()
    s.delete(1)
Thread(target=work).start()
""",
        {},
    ),
    (
        "mongoengine decoy",
        False,
        """
import mongoengine
class D(mongoengine.Document):
    pass
def work():
    D.objects.filter(a=1).count()
    D().save()
Thread(target=work).start()
""",
        {},
    ),
    (
        "own save decoy",
        False,
        """
class D:
    def save(self): ...
    objects = []
def work():
    D().save()
    D.objects.count(1)
Thread(target=work).start()
""",
        {},
    ),
    (
        "redis/s3 decoy",
        False,
        """
import boto3, redis
def work():
    redis.Redis().get('a')
    boto3.client('s3').delete_object()
    boto3.resource('x').objects.filter(a=1)
Thread(target=work).start()
""",
        {},
    ),
    (
        "kubernetes/stripe objects decoy",
        False,
        """
import stripe
def work():
    stripe.Charge.objects.create()
    stripe.Customer.create()
Thread(target=work).start()
""",
        {},
    ),
    (
        "async sync orm in s2a(list)",
        False,
        """
from asgiref.sync import sync_to_async
async def v():
    await sync_to_async(list)(Order.objects.all())
""",
        {},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("leaves", "code", "others"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_leaves_a_connection(leaves: bool, code: str, others: dict[str, str]) -> None:
    assert len(uncovered(HEAD + code, others)) == leaves
