"""Connection trouble explained in order, the state of a database, and the checklist after a migration."""

from gatepost.doctor.answer import Answer, Report
from gatepost.doctor.checklist import Questions, checklist
from gatepost.doctor.examine import examine

__all__ = ["Answer", "Questions", "Report", "checklist", "examine"]
