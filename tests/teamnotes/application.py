"""The application for teams, with its mistakes."""

from tests.teamnotes.database import Application
from tests.teamnotes.models import Base
from tests.teamnotes.mutations import MUTATIONS
from tests.teamnotes.policies import HELPERS, declare

TEAMNOTES = Application(Base.metadata, HELPERS, declare, MUTATIONS)
