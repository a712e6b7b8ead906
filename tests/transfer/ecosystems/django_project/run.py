"""Make a Django project in SQLite and PostgreSQL, or compare both by Django's own models.

python run.py make|compare app.db DATABASE USER HOST PORT
"""

import sys
import uuid
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.core.management import call_command

ONE = uuid.UUID(int=1)


def configure(path, database, user, host, port):
    migrations = Path(path).parent / "shop_migrations"
    migrations.mkdir(exist_ok=True)
    (migrations / "__init__.py").touch()
    sys.path.insert(0, str(migrations.parent))
    there = {"NAME": database, "USER": user, "HOST": host, "PORT": port}
    settings.configure(
        DATABASES={
            "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": path},
            "new": {"ENGINE": "django.db.backends.postgresql", **there},
        },
        INSTALLED_APPS=(
            *(f"django.contrib.{app}" for app in ("admin", "auth", "contenttypes", "sessions", "sites")),
            "shop",
        ),
        MIGRATION_MODULES={"shop": "shop_migrations"},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        SECRET_KEY="of a test",
        SITE_ID=1,
        USE_TZ=True,
    )
    django.setup()


def make():
    call_command("makemigrations", "shop", verbosity=0)
    for database in ("default", "new"):
        call_command("migrate", database=database, verbosity=0)
    fill()


def fill():
    from django.contrib.admin.models import ADDITION, LogEntry
    from django.contrib.auth.models import Group, Permission, User
    from django.contrib.contenttypes.models import ContentType
    from django.contrib.sessions.backends.db import SessionStore
    from shop.models import Category, Discounted, Item, Label, Legacy

    ann = User.objects.create_superuser("ann", "ann@example.org", "secret")
    User.objects.create_user("bob", password="other", last_login=datetime(2025, 1, 9, 22, 38, 8, 41300, UTC))
    gone = User.objects.create_user("gone")
    gone.delete()
    staff = Group.objects.create(name="staff")
    staff.permissions.set(Permission.objects.filter(codename__startswith="add_"))
    ann.groups.add(staff)
    root = Category.objects.create(name="Grüße 🦝")
    leaf = Category.objects.create(name="leaf\n\\N\t'\"", parent=root)
    full = Item.objects.create(
        key=ONE, owner=ann, state="sold", price=Decimal("99999999.99"), wait=timedelta(days=-3, microseconds=7),
        address="2001:db8::1", data={"b": [1, None, 1.5, "ü"], "a": {}}, content=bytes(range(256)), day=date(1, 1, 1),
        clock=time(23, 59, 59, 999999), at=datetime(9999, 12, 31, 23, 59, 59, 999999, UTC), ratio=0.1 + 0.2,
        active=False, small=32767 // 2, large=-(2**63), url="https://example.org/ü?q=1", slug="a-b",
        file="x/y.png", text="",
    )  # fmt: skip
    full.categories.add(root, leaf)
    Item.objects.create(key=uuid.UUID(int=2))
    Item.objects.create(
        data="text", ratio=1e308, large=2**63 - 1, price=0, address="10.0.0.1", wait=timedelta(weeks=99)
    )
    Item.objects.create(data=[], ratio=-0.0, active=True, wait=timedelta(0), content=b"", day=date(9999, 12, 31))
    Discounted.objects.create(percent=5, text="a\r\nb", at=datetime(1969, 12, 31, 23, 59, tzinfo=UTC))
    Label.objects.create(labelled=full, text="good")
    Label.objects.create(labelled=ann, text="a person")
    Legacy.objects.create(number=7, user=ann)
    LogEntry.objects.create(user=ann, content_type=ContentType.objects.get_for_model(Item), action_flag=ADDITION)
    session = SessionStore()
    session["user"] = ann.pk
    session.save()


def compare():
    """Print each value that differs, and how many were compared."""
    compared = 0
    for model in apps.get_models(include_auto_created=True):
        names = [field.attname for field in model._meta.concrete_fields]
        here, there = (
            [tuple(map(plain, row)) for row in model.objects.using(name).order_by("pk").values_list(*names)]
            for name in ("default", "new")
        )
        if len(here) != len(there):
            print(f"{model.__name__}: {len(here)} rows here, {len(there)} there")
        for one, other in zip(here, there, strict=False):
            compared += len(one)
            for name, left, right in zip(names, one, other, strict=True):
                if (left, type(left)) != (right, type(right)):
                    print(f"{model.__name__}.{name}: {left!r} here, {right!r} there")
    print(compared, "values compared")


def plain(value):
    return bytes(value) if isinstance(value, memoryview) else value


def add():
    """Add a row by Django to every table that counts, where the numbers must go on behind those that are there."""
    from django.contrib.auth.models import User
    from shop.models import Category

    user = User.objects.using("new").create(username="later")
    category = Category.objects.using("new").create(name="later")
    print(user.pk, category.pk)


if __name__ == "__main__":
    configure(*sys.argv[2:])
    {"make": make, "compare": compare, "add": add}[sys.argv[1]]()
