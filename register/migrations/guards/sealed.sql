-- A sealed document shows a record that is there, which no foreign key can say of a table that all
-- kinds share; records are never deleted. An archival revision follows the one before it.
CREATE FUNCTION shows_its_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (CASE NEW.kind
        WHEN 'clearance' THEN NOT EXISTS (SELECT FROM clearance WHERE number = NEW.number)
        WHEN 'minutes' THEN
            NOT EXISTS (SELECT FROM paper_minutes_closing WHERE number = NEW.number)
        WHEN 'receipt' THEN NOT EXISTS (SELECT FROM receipt WHERE number = NEW.number)
        ELSE false
    END) THEN
        RAISE EXCEPTION 'a sealed document needs the record that it shows'
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    IF NEW.revision > 0 AND NOT EXISTS (
        SELECT FROM sealed_document
        WHERE (number, revision, kind, template_version)
            = (NEW.number, NEW.revision - 1, NEW.kind, NEW.template_version)
    ) THEN
        RAISE EXCEPTION 'an archival revision continues the one before it'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER shows_its_record BEFORE INSERT ON sealed_document
    FOR EACH ROW EXECUTE FUNCTION shows_its_record();
