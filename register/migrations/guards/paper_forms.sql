-- At the end of each transaction every allotted serial is in exactly one segment: the exclusion
-- constraint sees to "at most one", this to "at least one".

CREATE FUNCTION segments_fill_ranges() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    checked bigint := CASE
        WHEN TG_TABLE_NAME = 'paper_range' THEN (to_jsonb(NEW) ->> 'id')::bigint
        WHEN TG_OP = 'DELETE' THEN (to_jsonb(OLD) ->> 'range_id')::bigint
        ELSE (to_jsonb(NEW) ->> 'range_id')::bigint
    END;
BEGIN
    IF EXISTS (
        SELECT FROM paper_range r
        LEFT JOIN paper_segment s ON s.range_id = r.id AND s.serials <@ r.serials
        WHERE r.id = checked
        GROUP BY r.id
        HAVING sum(upper(s.serials) - lower(s.serials))
            IS DISTINCT FROM upper(r.serials) - lower(r.serials)
    ) OR EXISTS (
        SELECT FROM paper_segment s JOIN paper_range r ON r.id = s.range_id
        WHERE r.id = checked AND NOT s.serials <@ r.serials
    )
    THEN
        RAISE EXCEPTION 'each serial of range % is in one segment', checked
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER segments_fill_ranges AFTER INSERT ON paper_range
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION segments_fill_ranges();
CREATE CONSTRAINT TRIGGER segments_fill_ranges AFTER INSERT OR DELETE ON paper_segment
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION segments_fill_ranges();
