"""Bodies of functions as conditions: a call is replaced by what the body returns, along its paths."""
