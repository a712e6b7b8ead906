"""An embedded PostgreSQL that looks like a hosted Supabase project."""
