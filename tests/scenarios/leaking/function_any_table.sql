-- definer-function
CREATE FUNCTION public.rows_of(relation text) RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE answer json; statement text;
BEGIN
    statement := format('SELECT json_agg(t) FROM public.%I t', relation);
    EXECUTE statement INTO answer;
    RETURN answer;
END $$;
