-- What two officers must agree on, the database demands as well.

-- The next ordinal is that of the open request, if there is one, and of another that is asked for
-- at once: the unique constraint gives it to one of them.
CREATE FUNCTION one_open_request() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM sealed_document WHERE number = NEW.number)
        OR EXISTS (SELECT FROM revocation WHERE number = NEW.number)
        OR NEW.ordinal <> 1 + (
            SELECT count(*) FROM revocation_request JOIN revocation_decision ON request_id = id
            WHERE number = NEW.number)
    THEN
        RAISE EXCEPTION 'a sealed document in force has one open request to revoke it at most'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER one_open_request BEFORE INSERT ON revocation_request
    FOR EACH ROW EXECUTE FUNCTION one_open_request();

CREATE FUNCTION confirmed_request() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM revocation_request JOIN revocation_decision ON request_id = id
        WHERE id = NEW.request_id AND number = NEW.number AND reason = NEW.reason
            AND outcome = 'confirmed' AND decided_by = NEW.actor)
    THEN
        RAISE EXCEPTION 'a revocation needs a confirmed request'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER confirmed_request BEFORE INSERT ON revocation
    FOR EACH ROW EXECUTE FUNCTION confirmed_request();

CREATE FUNCTION named_replacement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM clearance
        WHERE number = NEW.replacement AND certificate::jsonb ->> 'replaces' = NEW.number)
    THEN
        RAISE EXCEPTION 'a replacement names in its certificate what it replaces'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER named_replacement BEFORE INSERT ON replacement
    FOR EACH ROW EXECUTE FUNCTION named_replacement();
