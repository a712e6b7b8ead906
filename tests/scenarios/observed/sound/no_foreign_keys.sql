-- Members of a workspace, without a foreign key anywhere; users are text.
CREATE TABLE workspaces (id text PRIMARY KEY, title text);
CREATE TABLE workspace_users (
    workspace_id text NOT NULL,
    user_id text NOT NULL,
    role text NOT NULL,
    PRIMARY KEY (workspace_id, user_id)
);
CREATE TABLE documents (id text PRIMARY KEY, workspace_id text NOT NULL, content text);
ALTER TABLE workspaces ENABLE ROW LEVEL SECURITY;
ALTER TABLE workspace_users ENABLE ROW LEVEL SECURITY;
ALTER TABLE documents ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON workspace_users FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid())::text);
CREATE POLICY mem ON workspaces FOR SELECT TO authenticated
    USING (EXISTS (SELECT 1
    FROM workspace_users w WHERE w.workspace_id = workspaces.id AND w.user_id = (SELECT auth.uid())::text));
CREATE POLICY mem ON documents FOR SELECT TO authenticated
    USING (EXISTS (SELECT 1
    FROM workspace_users w WHERE w.workspace_id = documents.workspace_id AND w.user_id = (SELECT auth.uid())::text));
CREATE POLICY edi ON documents FOR UPDATE TO authenticated
    USING (EXISTS (SELECT 1
    FROM workspace_users w WHERE w.workspace_id = documents.workspace_id AND w.user_id = (SELECT auth.uid())::text AND w.role IN ('owner','editor'))) ;
GRANT SELECT ON workspaces, workspace_users TO authenticated;
GRANT SELECT, UPDATE (content) ON documents TO authenticated;
