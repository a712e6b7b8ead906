-- Offers on listings, which the seller accepts.
CREATE TABLE listings (
    id uuid PRIMARY KEY,
    seller_id uuid NOT NULL DEFAULT auth.uid() REFERENCES auth.users,
    title text,
    price numeric,
    sold boolean NOT NULL DEFAULT false
);
CREATE TABLE offers (
    id uuid PRIMARY KEY,
    listing_id uuid NOT NULL REFERENCES listings,
    buyer_id uuid NOT NULL DEFAULT auth.uid() REFERENCES auth.users,
    amount numeric,
    accepted boolean NOT NULL DEFAULT false
);
ALTER TABLE listings ENABLE ROW LEVEL SECURITY;
ALTER TABLE offers ENABLE ROW LEVEL SECURITY;
CREATE POLICY a ON listings FOR SELECT TO anon, authenticated USING (NOT sold OR seller_id = (SELECT auth.uid()));
CREATE POLICY own ON listings FOR ALL TO authenticated
    USING (seller_id = (SELECT auth.uid())) WITH CHECK (seller_id = (SELECT auth.uid()));
CREATE POLICY see ON offers FOR SELECT TO authenticated
    USING (buyer_id = (SELECT auth.uid())
    OR EXISTS (SELECT 1 FROM listings l WHERE l.id = listing_id AND l.seller_id = (SELECT auth.uid())));
CREATE POLICY mk ON offers FOR INSERT TO authenticated
    WITH CHECK (buyer_id = (SELECT auth.uid()) AND NOT accepted
    AND EXISTS (SELECT 1 FROM listings l WHERE l.id = listing_id AND NOT l.sold));
CREATE POLICY ac ON offers FOR UPDATE TO authenticated
    USING (EXISTS (SELECT 1 FROM listings l WHERE l.id = listing_id AND l.seller_id = (SELECT auth.uid())));
GRANT SELECT ON listings TO anon;
GRANT SELECT, INSERT, UPDATE, DELETE ON listings TO authenticated;
GRANT SELECT, INSERT, UPDATE (accepted) ON offers TO authenticated;
