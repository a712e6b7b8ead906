"""Values that the constraints of a table accept, found by trying."""
