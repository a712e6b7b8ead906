"""Plant rows in every table for every persona, with values that show which row they belong to."""
