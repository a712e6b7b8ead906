"""An application with every kind of field that Django has."""
