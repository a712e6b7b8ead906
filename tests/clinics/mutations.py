"""One mistake a mutation. All were written before `check` had seen the application.

One was changed since: the one of the desk had altered USING alone, which opened nothing.
"""

from tests.teamnotes.mutations import Mutation

AS_PATIENT = "patient_id IN (SELECT p.id FROM patients p WHERE p.person_id = (SELECT auth.uid()))"
MUTATIONS = (
    Mutation("row security of records is off", ("records",), "ALTER TABLE records DISABLE ROW LEVEL SECURITY"),
    Mutation(
        "patients are found by a search function that runs as its owner",
        ("patients", "find_patients(text)"),
        """CREATE FUNCTION find_patients(part text) RETURNS SETOF patients LANGUAGE sql STABLE SECURITY DEFINER
           SET search_path = '' AS $$ SELECT p.* FROM public.patients p JOIN public.people q ON q.id = p.person_id
           WHERE q.full_name ILIKE '%' || part || '%' $$""",
    ),
    Mutation(
        "staff of any clinic are staff of all, since the helper forgot the clinic",
        ("patients", "staff"),
        """CREATE OR REPLACE FUNCTION private.works_at(clinic uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
           SET search_path = '' AS $$ SELECT EXISTS (SELECT FROM public.staff s
           WHERE s.person_id = (SELECT auth.uid()) AND s.left_on IS NULL) $$""",
    ),
    Mutation(
        "records that were not released are read by the patient",
        ("records",),
        f"""ALTER POLICY records_select_authenticated ON records
            USING (private.cares_for(patient_id) OR {AS_PATIENT})""",
    ),
    Mutation(
        "who left the clinic still reads its patients, since the helper forgot the date",
        ("patients", "staff"),
        """CREATE OR REPLACE FUNCTION private.works_at(clinic uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
           SET search_path = '' AS $$ SELECT EXISTS (SELECT FROM public.staff s
           WHERE s.clinic_id = clinic AND s.person_id = (SELECT auth.uid())) $$""",
    ),
    Mutation(
        "records are written in a colleague's name",
        ("records",),
        "ALTER POLICY records_insert_authenticated ON records WITH CHECK (private.cares_for(patient_id))",
    ),
    Mutation(
        "records are written about patients of another clinic",
        ("records",),
        "ALTER POLICY records_insert_authenticated ON records WITH CHECK (author_id = (SELECT auth.uid()))",
    ),
    Mutation(
        "prescriptions are signed in somebody else's name",
        ("prescriptions",),
        """ALTER POLICY prescriptions_insert_authenticated ON prescriptions WITH CHECK (
             record_id IN (SELECT r.id FROM records r WHERE r.author_id = (SELECT auth.uid())))""",
    ),
    Mutation(
        "prescriptions are added to other people's records",
        ("prescriptions",),
        "ALTER POLICY prescriptions_insert_authenticated ON prescriptions WITH CHECK (signed_by = (SELECT auth.uid()))",
    ),
    Mutation(
        "appointments are requested for other patients",
        ("appointments",),
        "ALTER POLICY appointments_insert_authenticated ON appointments WITH CHECK (status = 'requested')",
    ),
    Mutation(
        "patients confirm their own appointments",
        ("appointments",),
        f"ALTER POLICY appointments_insert_authenticated ON appointments WITH CHECK ({AS_PATIENT})",
    ),
    Mutation(
        "appointments are handed to any patient and doctor, since the update checks nothing",
        ("appointments",),
        """GRANT UPDATE ON appointments TO authenticated;
           ALTER POLICY appointments_update_authenticated ON appointments WITH CHECK (true)""",
    ),
    Mutation(
        "everybody joins the staff of any clinic",
        ("staff",),
        "ALTER POLICY staff_insert_authenticated ON staff WITH CHECK (person_id = (SELECT auth.uid()))",
    ),
    Mutation(
        "somebody at the desk makes themselves the manager",
        ("staff",),
        """ALTER POLICY staff_update_authenticated ON staff
             USING (person_id = (SELECT auth.uid())) WITH CHECK (person_id = (SELECT auth.uid()))""",
    ),
    Mutation(
        "everybody becomes the guardian of any patient",
        ("guardianships",),
        """ALTER POLICY guardianships_insert_authenticated ON guardianships
             WITH CHECK (guardian_id = (SELECT auth.uid()))""",
    ),
    Mutation(
        "a guardianship that has ended still counts, since the helper forgot the date",
        ("patients", "guardianships"),
        """CREATE OR REPLACE FUNCTION private.is_guardian(patient uuid) RETURNS boolean LANGUAGE sql STABLE
           SECURITY DEFINER SET search_path = '' AS $$ SELECT EXISTS (SELECT FROM public.guardianships g
           WHERE g.patient_id = patient AND g.guardian_id = (SELECT auth.uid())) $$""",
    ),
    Mutation(
        "people are read by everybody who signs in, since a policy was left from a demo",
        ("people",),
        "CREATE POLICY demo ON people FOR SELECT TO authenticated USING (true)",
    ),
    Mutation(
        "the national number is read by the staff, since a grant gave all columns",
        ("people",),
        "GRANT SELECT ON people TO authenticated",
    ),
    Mutation(
        "the appointments of the day are read through a view that runs as its owner",
        ("appointments", "today"),
        """CREATE VIEW today AS SELECT id, patient_id, doctor_id, starts_at FROM appointments
             WHERE starts_at::date = current_date;
           GRANT SELECT ON today TO authenticated""",
    ),
    Mutation(
        "whoever writes a clinic into the own user_metadata reads its patients",
        ("patients",),
        """ALTER POLICY patients_select_authenticated ON patients USING (
             person_id = (SELECT auth.uid()) OR private.is_guardian(id)
             OR clinic_id = (SELECT (auth.jwt() -> 'user_metadata' ->> 'clinic_id')::uuid))""",
    ),
    Mutation(
        "the second factor is asked for by a policy that is permissive",
        ("records",),
        """DROP POLICY records_select_restrict ON records;
           CREATE POLICY records_select_restrict ON records FOR SELECT TO authenticated
             USING ((SELECT auth.jwt() ->> 'aal') = 'aal2')""",
    ),
)
