-- Run by `supabase db reset` and on preview branches, after the migrations. Real data comes by `gatepost transfer`.

INSERT INTO public.providers (name, display_name, capabilities, is_active)
VALUES ('openai', 'OpenAI', '["chat", "embedding"]', true),
       ('anthropic', 'Anthropic', '["chat"]', true)
ON CONFLICT (name) DO NOTHING;

INSERT INTO public.search_collections (name)
VALUES ('handbook')
ON CONFLICT (name) DO NOTHING;
