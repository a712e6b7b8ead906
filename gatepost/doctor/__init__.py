"""`gatepost doctor` as a library: connection trouble, the state of a database, the checklist, a load test."""

from gatepost.doctor.answer import Answer, Report
from gatepost.doctor.checklist import Questions, checklist
from gatepost.doctor.examine import examine

__all__ = ["Answer", "Questions", "Report", "checklist", "examine"]
