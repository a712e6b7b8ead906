"""Eight tables of an application for clinics: patients, those who care for them, and those who act for them."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import Column, DateTime, func
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from gatepost import auth_users


class Base(SQLModel, registry=registry()):
    """The application's own registry, apart from that of other tests."""


auth_users(Base.metadata)


def moment(**arguments):
    return Field(default=None, sa_column=Column(DateTime(timezone=True), **arguments))


class Person(Base, table=True):
    __tablename__ = "people"
    id: UUID = Field(primary_key=True, foreign_key="auth.users.id")
    full_name: str
    phone: str | None = None
    national_number: str | None = None


class Clinic(Base, table=True):
    __tablename__ = "clinics"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    name: str
    city: str
    is_listed: bool = False


class Staff(Base, table=True):
    __tablename__ = "staff"
    clinic_id: UUID = Field(primary_key=True, foreign_key="clinics.id")
    person_id: UUID = Field(primary_key=True, foreign_key="people.id", index=True)
    job: str = "desk"
    left_on: date | None = None


class Patient(Base, table=True):
    __tablename__ = "patients"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    clinic_id: UUID = Field(foreign_key="clinics.id", index=True)
    person_id: UUID = Field(foreign_key="people.id", index=True)
    doctor_id: UUID = Field(foreign_key="people.id", index=True)
    since: datetime = moment(server_default=func.now(), nullable=False)


class Guardianship(Base, table=True):
    __tablename__ = "guardianships"
    patient_id: UUID = Field(primary_key=True, foreign_key="patients.id")
    guardian_id: UUID = Field(primary_key=True, foreign_key="people.id", index=True)
    until: date


class Appointment(Base, table=True):
    __tablename__ = "appointments"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    patient_id: UUID = Field(foreign_key="patients.id", index=True)
    doctor_id: UUID = Field(foreign_key="people.id", index=True)
    starts_at: datetime = moment(nullable=False)
    status: str = "requested"


class Record(Base, table=True):
    __tablename__ = "records"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    patient_id: UUID = Field(foreign_key="patients.id", index=True)
    author_id: UUID = Field(foreign_key="people.id", index=True)
    body: str
    released_at: datetime | None = moment()


class Prescription(Base, table=True):
    __tablename__ = "prescriptions"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    record_id: UUID = Field(foreign_key="records.id", index=True)
    signed_by: UUID = Field(foreign_key="people.id", index=True)
    medicine: str
    dose: str
