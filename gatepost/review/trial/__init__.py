"""Every caller tries every command on one side, and what PostgreSQL did is kept, comparable with the other side."""
