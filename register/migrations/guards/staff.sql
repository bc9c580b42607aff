-- A member of staff is one person for good.

CREATE FUNCTION keep_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.username, NEW.added_at) IS DISTINCT FROM (OLD.id, OLD.username, OLD.added_at)
    THEN
        RAISE EXCEPTION 'a member of staff keeps id and user name'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_person BEFORE UPDATE ON staff
    FOR EACH ROW EXECUTE FUNCTION keep_person();
