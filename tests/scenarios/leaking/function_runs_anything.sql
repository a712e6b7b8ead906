-- definer-function
CREATE FUNCTION public.run(statement text) RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE answer json;
BEGIN
    EXECUTE 'SELECT json_agg(t) FROM (' || statement || ') t' INTO answer;
    RETURN answer;
END $$;
