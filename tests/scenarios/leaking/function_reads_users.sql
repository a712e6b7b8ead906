-- definer-function
CREATE FUNCTION public.email_of(person uuid) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE found text;
BEGIN
    SELECT u.email INTO found FROM auth.users AS u WHERE u.id = person;
    RETURN found;
END $$;
