-- School with CamelCase names out of an ORM (Prisma)
CREATE TYPE "Role" AS ENUM ('STUDENT', 'TEACHER', 'HEAD');
CREATE TABLE "User" (
    "id" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "authId" UUID,
    "role" "Role" NOT NULL DEFAULT 'STUDENT',
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "User_pkey" PRIMARY KEY ("id")
);
CREATE TABLE "Class" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "teacherId" TEXT NOT NULL,
    "schedule" JSONB,
    CONSTRAINT "Class_pkey" PRIMARY KEY ("id")
);
CREATE TABLE "_ClassToUser" (
    "A" TEXT NOT NULL,
    "B" TEXT NOT NULL
);
CREATE TABLE "Grade" (
    "id" SERIAL NOT NULL,
    "studentId" TEXT NOT NULL,
    "classId" TEXT NOT NULL,
    "value" DOUBLE PRECISION NOT NULL,
    "updatedAt" TIMESTAMP(3) NOT NULL,
    CONSTRAINT "Grade_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "User_email_key" ON "User"("email");
CREATE UNIQUE INDEX "User_authId_key" ON "User"("authId");
CREATE UNIQUE INDEX "_ClassToUser_AB_unique" ON "_ClassToUser"("A", "B");
CREATE INDEX "_ClassToUser_B_index" ON "_ClassToUser"("B");
ALTER TABLE "Class" ADD CONSTRAINT "Class_teacherId_fkey" FOREIGN KEY ("teacherId") REFERENCES "User"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "_ClassToUser" ADD CONSTRAINT "_ClassToUser_A_fkey" FOREIGN KEY ("A") REFERENCES "Class"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "_ClassToUser" ADD CONSTRAINT "_ClassToUser_B_fkey" FOREIGN KEY ("B") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "Grade" ADD CONSTRAINT "Grade_studentId_fkey" FOREIGN KEY ("studentId") REFERENCES "User"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "Grade" ADD CONSTRAINT "Grade_classId_fkey" FOREIGN KEY ("classId") REFERENCES "Class"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
CREATE FUNCTION "currentUserId"() RETURNS TEXT LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$ SELECT "id" FROM "User" WHERE "authId" = auth.uid() $$;
CREATE FUNCTION "hasRole"(r "Role") RETURNS BOOLEAN LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$ SELECT EXISTS (SELECT 1 FROM "User" WHERE "authId" = auth.uid() AND "role" = r) $$;
ALTER TABLE "User" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "Class" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "_ClassToUser" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "Grade" ENABLE ROW LEVEL SECURITY;
CREATE POLICY "user_self" ON "User" FOR SELECT TO authenticated USING ("authId" = auth.uid());
CREATE POLICY "user_head" ON "User" FOR ALL TO authenticated USING ("hasRole"('HEAD'));
CREATE POLICY "class_teacher" ON "Class" FOR ALL TO authenticated USING ("teacherId" = "currentUserId"()) WITH CHECK ("teacherId" = "currentUserId"());
CREATE POLICY "class_student" ON "Class" FOR SELECT TO authenticated USING (EXISTS (SELECT 1 FROM "_ClassToUser" cu WHERE cu."A" = "Class"."id" AND cu."B" = "currentUserId"()));
CREATE POLICY "enrolment_own" ON "_ClassToUser" FOR SELECT TO authenticated USING ("B" = "currentUserId"());
CREATE POLICY "grade_student" ON "Grade" FOR SELECT TO authenticated USING ("studentId" = "currentUserId"());
CREATE POLICY "grade_teacher" ON "Grade" FOR ALL TO authenticated USING ("classId" IN (SELECT "id" FROM "Class" WHERE "teacherId" = "currentUserId"())) WITH CHECK ("value" BETWEEN 1 AND 6);
CREATE POLICY "grade_head" ON "Grade" FOR SELECT TO authenticated USING ((SELECT "role" FROM "User" WHERE "authId" = auth.uid()) = 'HEAD'::"Role");
