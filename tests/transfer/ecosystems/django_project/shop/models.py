import uuid

from django.contrib.auth.models import User
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models


class Category(models.Model):
    name = models.CharField(max_length=40, unique=True)
    parent = models.ForeignKey("self", models.CASCADE, null=True)


class Item(models.Model):
    class State(models.TextChoices):
        NEW = "new"
        SOLD = "sold"

    key = models.UUIDField(primary_key=True, default=uuid.uuid4)
    owner = models.ForeignKey(User, models.PROTECT, null=True)
    categories = models.ManyToManyField(Category)
    state = models.CharField(max_length=4, choices=State, default=State.NEW)
    price = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    wait = models.DurationField(null=True)
    address = models.GenericIPAddressField(null=True)
    data = models.JSONField(null=True)
    content = models.BinaryField(null=True)
    day = models.DateField(null=True)
    clock = models.TimeField(null=True)
    at = models.DateTimeField(null=True)
    ratio = models.FloatField(null=True)
    active = models.BooleanField(null=True)
    small = models.PositiveSmallIntegerField(null=True)
    large = models.BigIntegerField(null=True)
    url = models.URLField(null=True)
    slug = models.SlugField(null=True)
    file = models.FileField(null=True)
    text = models.TextField(db_default="")
    twice = models.GeneratedField(expression=models.F("small") * 2, output_field=models.IntegerField(), db_persist=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(price__gte=0), name="not_negative"),
            models.UniqueConstraint(fields=("owner", "slug"), name="slug_of_owner"),
        )
        indexes = (models.Index(fields=("state", "-at"), name="by_state"),)


class Label(models.Model):
    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.CharField(max_length=36)
    labelled = GenericForeignKey()
    text = models.CharField(max_length=20)


class Discounted(Item):
    """A model with a table of its own beside that of its parent."""

    percent = models.PositiveIntegerField()


class Legacy(models.Model):
    """A table with a name of its own."""

    number = models.PositiveIntegerField(primary_key=True, db_column="Nr.")
    user = models.OneToOneField(User, models.CASCADE, db_column="userId")

    class Meta:
        db_table = "Old Orders"
