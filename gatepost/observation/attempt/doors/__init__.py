"""What leads to rows beside their tables: views, functions, channels, sign-up, escalation."""
