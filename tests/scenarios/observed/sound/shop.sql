-- A catalogue for everybody, carts of one's own, ratings by those who bought, and their average in a view.
CREATE TABLE categories (id int PRIMARY KEY, name text);
CREATE TABLE products (
    id int PRIMARY KEY,
    category_id int REFERENCES categories,
    name text,
    price numeric,
    active boolean NOT NULL DEFAULT true
);
CREATE TABLE customers (id uuid PRIMARY KEY REFERENCES auth.users, name text, phone text);
CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id uuid NOT NULL REFERENCES customers,
    status text NOT NULL DEFAULT 'cart' CHECK (status IN ('cart','paid','shipped')),
    placed_at timestamptz
);
CREATE TABLE order_items (
    order_id bigint REFERENCES orders ON DELETE CASCADE,
    product_id int REFERENCES products,
    quantity int NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (order_id, product_id)
);
CREATE TABLE reviews (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id int NOT NULL REFERENCES products,
    customer_id uuid NOT NULL REFERENCES customers,
    rating int CHECK (rating BETWEEN 1 AND 5),
    body text
);
ALTER TABLE categories ENABLE ROW LEVEL SECURITY;
ALTER TABLE products ENABLE ROW LEVEL SECURITY;
ALTER TABLE customers ENABLE ROW LEVEL SECURITY;
ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
ALTER TABLE order_items ENABLE ROW LEVEL SECURITY;
ALTER TABLE reviews ENABLE ROW LEVEL SECURITY;
CREATE POLICY a ON categories FOR SELECT USING (true);
CREATE POLICY a ON products FOR SELECT USING (active);
CREATE POLICY a ON reviews FOR SELECT USING (true);
CREATE POLICY me ON customers FOR ALL TO authenticated
    USING (id = (SELECT auth.uid())) WITH CHECK (id = (SELECT auth.uid()));
CREATE POLICY me ON orders FOR SELECT TO authenticated USING (customer_id = (SELECT auth.uid()));
CREATE POLICY mk ON orders FOR INSERT TO authenticated
    WITH CHECK (customer_id = (SELECT auth.uid()) AND status = 'cart');
CREATE POLICY me ON order_items FOR ALL TO authenticated
    USING (EXISTS (SELECT 1
    FROM orders o WHERE o.id = order_id AND o.customer_id = (SELECT auth.uid()) AND o.status='cart'))
    WITH CHECK (EXISTS (SELECT 1
    FROM orders o WHERE o.id = order_id AND o.customer_id = (SELECT auth.uid()) AND o.status='cart'));
CREATE POLICY mk ON reviews FOR INSERT TO authenticated
    WITH CHECK (customer_id = (SELECT auth.uid())
    AND EXISTS (SELECT 1 FROM orders o JOIN order_items i ON i.order_id = o.id WHERE o.customer_id = (SELECT auth.uid()) AND i.product_id = reviews.product_id));
GRANT SELECT ON categories, products, reviews TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE (name, phone) ON customers TO authenticated;
GRANT SELECT, INSERT ON orders TO authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON order_items TO authenticated;
GRANT INSERT ON reviews TO authenticated;
CREATE VIEW product_rating AS SELECT product_id, avg(rating) AS rating, count(*) AS reviews
    FROM reviews GROUP BY product_id;
GRANT SELECT ON product_rating TO anon, authenticated;
