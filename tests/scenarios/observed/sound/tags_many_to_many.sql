-- Recipes with tags, public or one's own, and favourites among what one sees.
CREATE TABLE recipes (
    id uuid PRIMARY KEY,
    author_id uuid NOT NULL REFERENCES auth.users,
    title text,
    is_public boolean NOT NULL DEFAULT true
);
CREATE TABLE tags (id int PRIMARY KEY, name text UNIQUE);
CREATE TABLE recipe_tags (
    recipe_id uuid REFERENCES recipes ON DELETE CASCADE,
    tag_id int REFERENCES tags,
    PRIMARY KEY (recipe_id, tag_id)
);
CREATE TABLE favourites (
    user_id uuid DEFAULT auth.uid() REFERENCES auth.users,
    recipe_id uuid REFERENCES recipes ON DELETE CASCADE,
    PRIMARY KEY (user_id, recipe_id)
);
ALTER TABLE recipes ENABLE ROW LEVEL SECURITY;
ALTER TABLE tags ENABLE ROW LEVEL SECURITY;
ALTER TABLE recipe_tags ENABLE ROW LEVEL SECURITY;
ALTER TABLE favourites ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON recipes FOR SELECT USING (is_public OR author_id = (SELECT auth.uid()));
CREATE POLICY own ON recipes FOR ALL TO authenticated
    USING (author_id = (SELECT auth.uid())) WITH CHECK (author_id = (SELECT auth.uid()));
CREATE POLICY a ON tags FOR SELECT USING (true);
CREATE POLICY see ON recipe_tags FOR SELECT USING (recipe_id IN (SELECT id FROM recipes));
CREATE POLICY own ON recipe_tags FOR ALL TO authenticated
    USING (recipe_id IN (SELECT id FROM recipes WHERE author_id = (SELECT auth.uid())))
    WITH CHECK (recipe_id IN (SELECT id FROM recipes WHERE author_id = (SELECT auth.uid())));
CREATE POLICY own ON favourites FOR ALL TO authenticated
    USING (user_id = (SELECT auth.uid()))
    WITH CHECK (user_id = (SELECT auth.uid()) AND recipe_id IN (SELECT id FROM recipes));
GRANT SELECT ON recipes, tags, recipe_tags TO anon;
GRANT SELECT, INSERT, UPDATE, DELETE ON recipes, recipe_tags, favourites TO authenticated;
GRANT SELECT ON tags TO authenticated;
