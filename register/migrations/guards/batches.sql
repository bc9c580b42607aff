-- What a client sent, and how each line of it ended, stays; a line that ended in a fault of ours
-- (failed) can be taken up again.

CREATE FUNCTION keep_batch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.client_id, NEW.idempotency_key, NEW.body_sha256, NEW.lines, NEW.opened_at)
        IS DISTINCT FROM
        (OLD.id, OLD.client_id, OLD.idempotency_key, OLD.body_sha256, OLD.lines, OLD.opened_at)
        OR (OLD.cancelled_at IS NOT NULL AND NEW.cancelled_at IS DISTINCT FROM OLD.cancelled_at)
    THEN
        RAISE EXCEPTION 'a batch keeps its caller, its content and its cancellation'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_batch BEFORE UPDATE ON batch
    FOR EACH ROW EXECUTE FUNCTION keep_batch();

CREATE FUNCTION keep_batch_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.batch_id, NEW.line, NEW.request) IS DISTINCT FROM (OLD.batch_id, OLD.line, OLD.request)
        OR (OLD.number IS NOT NULL AND NEW.number IS DISTINCT FROM OLD.number)
    THEN
        RAISE EXCEPTION 'a line keeps its place, its request and its number'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state IN ('issued', 'refused', 'cancelled') THEN
        RAISE EXCEPTION 'a line that has ended stays as it ended'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_batch_line BEFORE UPDATE ON batch_line
    FOR EACH ROW EXECUTE FUNCTION keep_batch_line();
