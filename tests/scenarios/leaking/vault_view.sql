-- definer-view
-- gatepost: as superuser
GRANT USAGE ON SCHEMA vault TO authenticated;
GRANT SELECT ON vault.decrypted_secrets TO authenticated;
