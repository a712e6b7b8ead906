-- gatepost: as superuser
INSERT INTO storage.buckets (id, name, public) VALUES ('contracts', 'contracts', true);
