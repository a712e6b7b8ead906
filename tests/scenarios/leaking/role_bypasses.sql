-- role-bypasses-row-security
-- gatepost: as superuser
ALTER ROLE authenticated BYPASSRLS;
