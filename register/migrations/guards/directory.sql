-- Of two states the one with the higher version is the newer one, whatever came first.

CREATE FUNCTION version_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.version <= OLD.version THEN
        RAISE EXCEPTION 'a record of % changes to a higher version only', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER version_grows BEFORE UPDATE ON branch
    FOR EACH ROW EXECUTE FUNCTION version_grows();
CREATE TRIGGER version_grows BEFORE UPDATE ON workshop
    FOR EACH ROW EXECUTE FUNCTION version_grows();
CREATE TRIGGER version_grows BEFORE UPDATE ON contract_row
    FOR EACH ROW EXECUTE FUNCTION version_grows();
