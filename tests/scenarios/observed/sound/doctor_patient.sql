-- A doctor sees the records of the patients in care, and a patient the own ones.
CREATE TABLE doctors (id uuid PRIMARY KEY REFERENCES auth.users, name text);
CREATE TABLE patients (id uuid PRIMARY KEY REFERENCES auth.users, name text);
CREATE TABLE care (
    doctor_id uuid NOT NULL REFERENCES doctors,
    patient_id uuid NOT NULL REFERENCES patients,
    PRIMARY KEY (doctor_id, patient_id)
);
CREATE TABLE records (
    id uuid PRIMARY KEY,
    patient_id uuid NOT NULL REFERENCES patients,
    note text,
    written_by uuid NOT NULL REFERENCES doctors
);
ALTER TABLE doctors ENABLE ROW LEVEL SECURITY;
ALTER TABLE patients ENABLE ROW LEVEL SECURITY;
ALTER TABLE care ENABLE ROW LEVEL SECURITY;
ALTER TABLE records ENABLE ROW LEVEL SECURITY;
CREATE POLICY a ON doctors FOR SELECT TO authenticated USING (true);
CREATE POLICY me ON patients FOR SELECT TO authenticated
    USING (id = (SELECT auth.uid())
    OR EXISTS (SELECT 1 FROM care c WHERE c.patient_id = patients.id AND c.doctor_id = (SELECT auth.uid())));
CREATE POLICY me ON care FOR SELECT TO authenticated USING ((SELECT auth.uid()) IN (doctor_id, patient_id));
CREATE POLICY me ON records FOR SELECT TO authenticated
    USING (patient_id = (SELECT auth.uid())
    OR EXISTS (SELECT 1 FROM care c WHERE c.patient_id = records.patient_id AND c.doctor_id = (SELECT auth.uid())));
CREATE POLICY wr ON records FOR INSERT TO authenticated
    WITH CHECK (written_by = (SELECT auth.uid())
    AND EXISTS (SELECT 1 FROM care c WHERE c.patient_id = records.patient_id AND c.doctor_id = (SELECT auth.uid())));
GRANT SELECT ON doctors, patients, care TO authenticated;
GRANT SELECT, INSERT ON records TO authenticated;
