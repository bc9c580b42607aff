-- An intent keeps what was given with it; a counter knows no gap.

CREATE FUNCTION keep_identity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.number, NEW.jalali_year, NEW.branch_code, NEW.serial, NEW.verification_code,
            NEW.status_list_index, NEW.client_id, NEW.idempotency_key, NEW.request_hash,
            NEW.request, NEW.prepared_at)
        IS DISTINCT FROM
        (OLD.number, OLD.jalali_year, OLD.branch_code, OLD.serial, OLD.verification_code,
            OLD.status_list_index, OLD.client_id, OLD.idempotency_key, OLD.request_hash,
            OLD.request, OLD.prepared_at)
    THEN
        RAISE EXCEPTION 'an intent keeps its number, its code, its caller and its request'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_identity BEFORE UPDATE ON intent
    FOR EACH ROW EXECUTE FUNCTION keep_identity();

CREATE FUNCTION count_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.jalali_year, NEW.branch_code, NEW.last_serial)
        IS DISTINCT FROM (OLD.jalali_year, OLD.branch_code, OLD.last_serial + 1)
    THEN
        RAISE EXCEPTION 'a counter goes up by one' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER count_up BEFORE UPDATE ON number_counter
    FOR EACH ROW EXECUTE FUNCTION count_up();
