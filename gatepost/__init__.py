"""Row-level security as code for SQLModel and Supabase."""
