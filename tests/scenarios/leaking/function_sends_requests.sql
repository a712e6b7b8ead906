-- definer-function
-- Whoever calls the function chooses which object is removed, with the credentials that it holds.
create schema web;
create function web.http_post(url text, headers text) returns int language sql as $$ select 200 $$;
create function public.remove_object(bucket text, path text) returns int language plpgsql security definer
    set search_path = '' as $$
begin
    return web.http_post('https://api.example.org/' || bucket || '/' || path, 'authorization: Bearer not-a-key');
end $$;
