"""Which defect a rule of each tool speaks of, in the names of Gatepost's rules.

A tool finds a case when something that it says, at the level of a warning or above, names an object of the case and
its rule speaks of the defect. The lists are generous: a rule that says only a part of the reason counts, as long as
somebody who follows it would find the defect.
"""

from __future__ import annotations

OPEN_TABLE = {"row-security-off", "policies-without-row-security", "published-without-row-security"}
ALL_READ = {
    "always-true-read",
    "signed-in-is-enough",
    "condition-always-true",
    "permissive-policy-overrides-owner",
    "restriction-declared-permissive",
}
ALL_READ |= {"rows-visible-by-status-only", "private-bucket-open"}
ALL_WRITE = {"always-true-write", "insert-without-owner-check", "check-weaker-than-using", "condition-always-true"}
SENSELESS = {"sub-select-ignores-row", "ambiguous-column-in-subquery", "identity-from-caller"} | ALL_READ | ALL_WRITE
IDENTITY = {
    "identity-from-caller",
    "role-from-user-metadata",
    "user-can-grant-themselves-access",
    "function-grants-caller-access",
}
VIEW = {"definer-view", "writable-definer-view", "definer-function"}
MATERIALIZED = {"materialized-view-open"}
RUNS_INTO_ERROR = {"policy-recursion", "policy-reads-unreadable-table", "sub-select-of-many-rows"}
RUNS_INTO_ERROR |= {"policy-needs-privilege", "user-id-may-be-no-uuid"}
WRITTEN_TOO_MUCH = {"message-editable-by-readers", "paid-column-writable", "update-without-using"}
WITHOUT_EFFECT = {"grant-without-policy", "policy-without-grant", "policy-for-bypassing-role"}
WITHOUT_EFFECT |= {"column-without-grant", "function-without-grant"}
POLICY = SENSELESS | IDENTITY | {"null-session-passes", "never-true-condition", "write-without-select-policy"}

FAMILIES = {
    "the table": OPEN_TABLE
    | {
        "row-security-not-forced",
        "default-privileges-open",
        "create-granted",
        "row-security-without-policies",
        "privilege-beyond-rows",
        "column-privilege-without-effect",
        "sequence-open",
    },
    "the policy": POLICY - {"user-can-grant-themselves-access", "function-grants-caller-access"}
    | RUNS_INTO_ERROR
    | WRITTEN_TOO_MUCH
    | WITHOUT_EFFECT
    | {
        "helper-not-followed",
        "restrictive-without-permissive",
        "duplicate-policy",
        "policy-for-public",
        "update-without-check",
    },
    "the door": VIEW
    | MATERIALIZED
    | {
        "foreign-table-open",
        "definer-search-path",
        "function-changes-protection",
        "rewrite-rule-open",
        "role-bypasses-row-security",
        "platform-secrets-open",
    },
    "the self-granted access": {"user-can-grant-themselves-access", "function-grants-caller-access"},
    "cost": {
        "auth-function-evaluated-per-row",
        "helper-per-row",
        "policy-column-without-index",
        "multiple-permissive-policies",
    },
}
"""The parts of an application's access that a defect lies in, and the rules of each."""

OF_A_DECLARATION = {"drift", "missing-table", "undeclared-table", "no-api-roles"}
"""Rules that compare a database with what a project declares: no case has a declaration, and no other tool one."""

SPEAKS_OF = {
    "pgrls": {
        "SEC001": OPEN_TABLE,
        "SEC002": {"row-security-not-forced"},
        "SEC003": {"always-true-read", "always-true-write", "null-session-passes"},
        "SEC004": {"null-session-passes", "condition-always-true"},
        "SEC005": SENSELESS | {"null-session-passes"},
        "SEC006": ALL_WRITE,
        "SEC008": ALL_READ | ALL_WRITE,
        "SEC009": set(),
        "SEC010": {"never-true-condition"},
        "SEC011": ALL_READ | ALL_WRITE | {"null-session-passes"},
        "SEC012": {"restrictive-without-permissive"},
        "SEC013": {"definer-function"},
        "SEC014": {"definer-function"},
        "SEC015": {"definer-search-path"},
        "SEC016": {"role-bypasses-row-security"},
        "SEC018": IDENTITY,
        "SEC020": ALL_WRITE,
        "SEC025": OPEN_TABLE | {"user-can-grant-themselves-access"},
        "SEC026": IDENTITY,
        "SEC028": ALL_WRITE,
        "SEC029": {"role-bypasses-row-security"},
        "SEC032": OPEN_TABLE,
        "SEC033": IDENTITY,
        "SEC034": IDENTITY,
        "SEC036": SENSELESS | {"policy-reads-unreadable-table"},
        "SEC037": {"never-true-condition"},
        "SEC038": ALL_READ | {"null-session-passes", "sub-select-ignores-row"},
        "SEC039": ALL_WRITE,
        "SEC040": ALL_WRITE,
        "SEC041": OPEN_TABLE,
        "SEC042": {"definer-function"},
        "SEC043": OPEN_TABLE,
        "SEC044": {"default-privileges-open"},
        "SEC045": OPEN_TABLE | ALL_READ | {"platform-secrets-open"},
        "SEC046": SENSELESS,
        "SEC048": {"row-security-not-forced"},
        "SEC049": OPEN_TABLE | ALL_READ,
        "SEC050": ALL_WRITE | ALL_READ,
        "SEC051": OPEN_TABLE,
        "SEC052": VIEW | MATERIALIZED,
        "SEC053": {"foreign-table-open"},
        "SEC054": MATERIALIZED,
        "VIEW001": VIEW,
        "VIEW003": MATERIALIZED,
        "VIEW004": VIEW,
        "PERF001": {"auth-function-evaluated-per-row"},
        "PERF002": {"helper-per-row"},
        "PERF003": {"policy-column-without-index"},
        "PERF004": {"policy-column-without-index"},
        "HYG003": {"duplicate-policy", "multiple-permissive-policies"},
    },
    "splinter": {
        "rls_disabled_in_public": OPEN_TABLE,
        "policy_exists_rls_disabled": OPEN_TABLE,
        "sensitive_columns_exposed": OPEN_TABLE | ALL_READ,
        "rls_policy_always_true": ALL_WRITE | ALL_READ,
        "rls_references_user_metadata": IDENTITY,
        "public_bucket_allows_listing": ALL_READ,
        "auth_users_exposed": VIEW | MATERIALIZED,
        "security_definer_view": VIEW,
        "materialized_view_in_api": MATERIALIZED,
        "foreign_table_in_api": {"foreign-table-open"},
        "function_search_path_mutable": {"definer-search-path"},
        "anon_security_definer_function_executable": {"definer-function"},
        "authenticated_security_definer_function_executable": {"definer-function"},
        "auth_rls_initplan": {"auth-function-evaluated-per-row"},
        "multiple_permissive_policies": {"multiple-permissive-policies", "duplicate-policy"},
        "unindexed_foreign_keys": {"policy-column-without-index"},
    },
    "rlsautotest": {
        "L001": ALL_READ,
        "L002": ALL_WRITE,
        "L003": ALL_WRITE,
        "L006": {"policy-recursion"},
        "L007": ALL_READ | {"null-session-passes"},
        "L008": OPEN_TABLE,
        "L011": VIEW | MATERIALIZED,
        "L012": {"definer-function"},
        "L013": {"definer-search-path"},
        "L014": {"role-bypasses-row-security"},
        "L015": {"row-security-not-forced"},
        "L016": {"sub-select-of-many-rows"},
        "L017": {"always-true-read", "always-true-write", "null-session-passes"},
        "L018": ALL_WRITE | {"user-can-grant-themselves-access"},
        "L019": {"auth-function-evaluated-per-row"},
        "exposed": OPEN_TABLE,
        "hole": POLICY | RUNS_INTO_ERROR,
        "broken": RUNS_INTO_ERROR,
        "crossed": ALL_READ | ALL_WRITE,
        "two-tenants": {"sub-select-of-many-rows", "sub-select-ignores-row"},
    },
}
"""By tool and rule, the defects that the rule speaks of; a rule that is missing here speaks of none of them."""

COST = {
    "gatepost": FAMILIES["cost"],
    "pgrls": {"PERF001", "PERF002", "PERF003", "PERF004", "PERF005"},
    "splinter": {
        *("auth_rls_initplan", "multiple_permissive_policies", "unindexed_foreign_keys", "unused_index"),
        *("duplicate_index", "no_primary_key", "table_bloat"),
    },
    "rlsautotest": {"L019"},
}
"""Rules about speed. What they say of a sound case is counted apart: such a case may well be slow."""

SET_ASIDE = {
    "gatepost": set(),
    "pgrls": {"SEC002"},
    "splinter": set(),
    "rlsautotest": {"L005", "L015", "unreliable"},
}
"""What a team on this platform would switch off on the first day, so that it is no false alarm in the tuned count.

Row security that is not forced says nothing where the owner passes it by anyway, as `postgres` does (SEC002, L015).
L005 and `unreliable` say that the tool could not look, and nothing about the database.
"""


def family(rule: str) -> str:
    """Return the family of one of Gatepost's rules."""
    return next(name for name, rules in FAMILIES.items() if rule in rules)


def fits(tool: str, rule: str, expected: set[str]) -> bool:
    """Whether a tool's rule speaks of one of the defects that a case is about."""
    return rule in expected if tool == "gatepost" else bool(SPEAKS_OF[tool].get(rule, set()) & expected)
