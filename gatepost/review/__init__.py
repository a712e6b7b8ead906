"""Compare two states of a database: who gains and who loses access to which rows, each with a witness.

`structure` says what objects changed, `scope` what that can reach, `population` plants the same rows on both sides,
`trial/` lets every caller try every command there, and `verdicts` compares what PostgreSQL did.
"""
