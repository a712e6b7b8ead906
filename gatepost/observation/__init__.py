"""Access as it is seen by trying: rows are planted, personas reach for them, and everything is rolled back."""
