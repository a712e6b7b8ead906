"""Who may do what: patients see what was released to them, guardians act for them, staff work in their own clinic."""

from sqlmodel import func, select

from gatepost import allow, anon, authenticated, call, claim, owner, protect, restrict, through, uid
from tests.clinics.models import (
    Appointment,
    Clinic,
    Guardianship,
    Patient,
    Person,
    Prescription,
    Record,
    Staff,
)

HELPERS = """
CREATE SCHEMA private;
GRANT USAGE ON SCHEMA private TO authenticated;
CREATE FUNCTION private.works_at(clinic uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
  AS $$ SELECT EXISTS (SELECT FROM public.staff s
                        WHERE s.clinic_id = clinic AND s.person_id = (SELECT auth.uid()) AND s.left_on IS NULL) $$;
CREATE FUNCTION private.manages(clinic uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
  AS $$ SELECT EXISTS (SELECT FROM public.staff s
                        WHERE s.clinic_id = clinic AND s.person_id = (SELECT auth.uid()) AND s.left_on IS NULL
                          AND s.job = 'manager') $$;
CREATE FUNCTION private.cares_for(patient uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = ''
  AS $$ SELECT EXISTS (SELECT FROM public.patients p JOIN public.staff s USING (clinic_id)
                        WHERE p.id = patient AND s.person_id = (SELECT auth.uid()) AND s.left_on IS NULL
                          AND s.job IN ('doctor', 'nurse')) $$;
CREATE FUNCTION private.treats(person uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
  AS $$ SELECT EXISTS (SELECT FROM public.patients p JOIN public.staff s USING (clinic_id)
                        WHERE p.person_id = person AND s.person_id = (SELECT auth.uid()) AND s.left_on IS NULL) $$;
CREATE FUNCTION private.is_guardian(patient uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = ''
  AS $$ SELECT EXISTS (SELECT FROM public.guardianships g
                        WHERE g.patient_id = patient AND g.guardian_id = (SELECT auth.uid())
                          AND g.until >= current_date) $$;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA private FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA private TO authenticated, service_role;
"""


def declare() -> None:
    """Declare the application, inside `gatepost.declaring()`."""
    as_patient = select(Patient.id).where(Patient.person_id == uid())
    protect(
        Person,
        allow("select", to=authenticated, where=(Person.id == uid()) | call("private.treats", Person.id)),
        owner(Person.id, "insert"),
        owner(Person.id, "update", columns=[Person.full_name, Person.phone]),
        hide=[Person.national_number],
    )
    protect(
        Clinic,
        allow("select", to=(anon, authenticated), where=Clinic.is_listed),
        allow("select", to=authenticated, where=call("private.works_at", Clinic.id), name="clinics_select_staff"),
        allow(
            "update",
            to=authenticated,
            where=call("private.manages", Clinic.id),
            columns=[Clinic.name, Clinic.city],
        ),
    )
    protect(
        Staff,
        allow("select", to=authenticated, where=call("private.works_at", Staff.clinic_id)),
        allow("insert", to=authenticated, check=call("private.manages", Staff.clinic_id)),
        allow(
            "update",
            to=authenticated,
            where=call("private.manages", Staff.clinic_id),
            columns=[Staff.job, Staff.left_on],
        ),
    )
    protect(
        Patient,
        allow(
            "select",
            to=authenticated,
            where=(Patient.person_id == uid())
            | call("private.works_at", Patient.clinic_id)
            | call("private.is_guardian", Patient.id),
        ),
        allow("insert", to=authenticated, check=call("private.works_at", Patient.clinic_id)),
        allow(
            "update",
            to=authenticated,
            where=call("private.works_at", Patient.clinic_id),
            columns=[Patient.doctor_id],
        ),
    )
    protect(
        Guardianship,
        allow(
            "select",
            to=authenticated,
            where=(Guardianship.guardian_id == uid()) | call("private.cares_for", Guardianship.patient_id),
        ),
        allow("insert", to=authenticated, check=call("private.cares_for", Guardianship.patient_id)),
        allow("delete", to=authenticated, where=call("private.cares_for", Guardianship.patient_id)),
    )
    protect(
        Appointment,
        through(Appointment.patient_id),
        allow(
            "insert",
            to=authenticated,
            check=(Appointment.status == "requested") & Appointment.patient_id.in_(as_patient),
        ),
        allow(
            "update",
            to=authenticated,
            where=(Appointment.doctor_id == uid()) & call("private.cares_for", Appointment.patient_id),
            columns=[Appointment.status, Appointment.starts_at],
        ),
    )
    protect(
        Record,
        allow(
            "select",
            to=authenticated,
            where=call("private.cares_for", Record.patient_id)
            | (
                Record.released_at.is_not(None) & (Record.released_at <= func.now()) & Record.patient_id.in_(as_patient)
            ),
        ),
        allow(
            "insert",
            to=authenticated,
            check=(Record.author_id == uid()) & call("private.cares_for", Record.patient_id),
        ),
        allow(
            "update",
            to=authenticated,
            where=(Record.author_id == uid()) & call("private.cares_for", Record.patient_id),
            columns=[Record.body, Record.released_at],
        ),
        restrict("select", to=authenticated, where=claim("aal") == "aal2"),
    )
    protect(
        Prescription,
        through(Prescription.record_id),
        allow(
            "insert",
            to=authenticated,
            check=(Prescription.signed_by == uid())
            & Prescription.record_id.in_(select(Record.id).where(Record.author_id == uid())),
        ),
    )
