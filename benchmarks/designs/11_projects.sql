-- Kanban / project management
BEGIN;
CREATE TYPE project_role AS ENUM ('viewer', 'editor', 'owner');
CREATE TABLE projects (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name text NOT NULL,
  description text,
  created_by uuid NOT NULL REFERENCES auth.users(id) DEFAULT auth.uid(),
  archived_at timestamptz
);
CREATE TABLE project_members (
  project_id uuid REFERENCES projects(id) ON DELETE CASCADE NOT NULL,
  user_id uuid REFERENCES auth.users(id) ON DELETE CASCADE NOT NULL,
  role project_role NOT NULL DEFAULT 'viewer',
  PRIMARY KEY (project_id, user_id)
);
CREATE TABLE boards (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), project_id uuid NOT NULL REFERENCES projects(id) ON DELETE CASCADE, name text NOT NULL, "order" int NOT NULL DEFAULT 0);
CREATE TABLE cards (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  board_id uuid NOT NULL REFERENCES boards(id) ON DELETE CASCADE,
  title text NOT NULL,
  assignees uuid[] NOT NULL DEFAULT '{}'::uuid[],
  labels text[] DEFAULT '{}',
  due date,
  done boolean DEFAULT false
);
CREATE INDEX cards_assignees ON cards USING gin (assignees);
CREATE TABLE attachments (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), card_id uuid NOT NULL REFERENCES cards(id) ON DELETE CASCADE, path text NOT NULL, uploaded_by uuid REFERENCES auth.users(id));
CREATE OR REPLACE FUNCTION get_project_ids_for_user() RETURNS SETOF uuid LANGUAGE sql SECURITY DEFINER STABLE SET search_path = public AS $$
  SELECT project_id FROM project_members WHERE user_id = auth.uid()
$$;
CREATE OR REPLACE FUNCTION can_edit_project(p uuid) RETURNS boolean LANGUAGE sql SECURITY DEFINER STABLE SET search_path = public AS $$
  SELECT EXISTS (SELECT 1 FROM project_members WHERE project_id = p AND user_id = auth.uid() AND role >= 'editor')
$$;
ALTER TABLE projects ENABLE ROW LEVEL SECURITY;
ALTER TABLE project_members ENABLE ROW LEVEL SECURITY;
ALTER TABLE boards ENABLE ROW LEVEL SECURITY;
ALTER TABLE cards ENABLE ROW LEVEL SECURITY;
ALTER TABLE attachments ENABLE ROW LEVEL SECURITY;
CREATE POLICY "members can view projects" ON projects FOR SELECT USING (id IN (SELECT get_project_ids_for_user()) OR created_by = auth.uid());
CREATE POLICY "users can create projects" ON projects FOR INSERT WITH CHECK (created_by = auth.uid());
CREATE POLICY "owners can update projects" ON projects FOR UPDATE USING (EXISTS (
  SELECT 1 FROM project_members pm WHERE pm.project_id = projects.id AND pm.user_id = auth.uid() AND pm.role = 'owner'));
CREATE POLICY "creator can delete" ON projects FOR DELETE USING (created_by = auth.uid() AND archived_at IS NOT NULL);
CREATE POLICY "members can view members" ON project_members FOR SELECT USING (project_id IN (SELECT get_project_ids_for_user()));
CREATE POLICY "creators add members" ON project_members FOR INSERT WITH CHECK (
  project_id IN (SELECT id FROM projects WHERE created_by = auth.uid()));
CREATE POLICY "members leave" ON project_members FOR DELETE USING (user_id = auth.uid());
CREATE POLICY "members view boards" ON boards FOR SELECT USING (project_id IN (SELECT get_project_ids_for_user()));
CREATE POLICY "editors manage boards" ON boards FOR ALL USING (can_edit_project(project_id)) WITH CHECK (can_edit_project(project_id));
CREATE POLICY "members view cards" ON cards FOR SELECT USING (board_id IN (SELECT b.id FROM boards b WHERE b.project_id IN (SELECT get_project_ids_for_user())));
CREATE POLICY "editors manage cards" ON cards FOR ALL USING (EXISTS (SELECT 1 FROM boards WHERE boards.id = cards.board_id AND can_edit_project(boards.project_id)));
CREATE POLICY "assignees update cards" ON cards FOR UPDATE USING (auth.uid() = ANY (assignees)) WITH CHECK (auth.uid() = ANY (assignees));
CREATE POLICY "view attachments" ON attachments FOR SELECT USING (EXISTS (
  SELECT 1 FROM cards c JOIN boards b ON b.id = c.board_id JOIN project_members m ON m.project_id = b.project_id
  WHERE c.id = attachments.card_id AND m.user_id = auth.uid()));
CREATE POLICY "uploader deletes" ON attachments FOR DELETE USING (uploaded_by = auth.uid());
COMMIT;
CREATE POLICY "members read project files" ON storage.objects FOR SELECT TO authenticated USING (
  bucket_id = 'project-files' AND ((storage.foldername(name))[1])::uuid IN (SELECT get_project_ids_for_user()));
