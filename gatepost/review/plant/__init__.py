"""The same rows for both sides: values from the conditions of both versions, and callers who meet all of them."""
