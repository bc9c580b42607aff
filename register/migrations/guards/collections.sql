-- A collection gets its clearance once, the rest never changes.

CREATE FUNCTION settle_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.number IS NOT NULL
        OR to_jsonb(NEW) - ARRAY['number', 'settled_at']
            IS DISTINCT FROM to_jsonb(OLD) - ARRAY['number', 'settled_at']
    THEN
        RAISE EXCEPTION 'a collection stays as it was recorded; its clearance is entered once'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER settle_once BEFORE UPDATE ON collection
    FOR EACH ROW EXECUTE FUNCTION settle_once();
