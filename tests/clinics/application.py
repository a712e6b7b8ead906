"""The application for clinics, with its mistakes."""

from tests.clinics.models import Base
from tests.clinics.mutations import MUTATIONS
from tests.clinics.policies import HELPERS, declare
from tests.teamnotes.database import Application

CLINICS = Application(Base.metadata, HELPERS, declare, MUTATIONS)
