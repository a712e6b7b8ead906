"""Policies as Python: each as a rule of the language, or word for word where its meaning is not recognised."""
