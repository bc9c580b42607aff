-- When a notice was delivered and first viewed is evidence: both are written once.

CREATE FUNCTION keep_notice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.number, NEW.event, NEW.branch_code, NEW.contract_row, NEW.contract_sequence,
            NEW.occurred_at, NEW.reason, NEW.replacement, NEW.opened_at)
        IS DISTINCT FROM
        (OLD.id, OLD.number, OLD.event, OLD.branch_code, OLD.contract_row, OLD.contract_sequence,
            OLD.occurred_at, OLD.reason, OLD.replacement, OLD.opened_at)
    THEN
        RAISE EXCEPTION 'a notice keeps what it tells' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.account_id IS NOT NULL AND (NEW.workshop_number, NEW.account_id, NEW.position)
        IS DISTINCT FROM (OLD.workshop_number, OLD.account_id, OLD.position)
    THEN
        RAISE EXCEPTION 'a notice keeps its account' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.delivered_at IS NOT NULL AND (NEW.delivered_at, NEW.delivered_by)
        IS DISTINCT FROM (OLD.delivered_at, OLD.delivered_by)
        OR OLD.first_viewed_at IS NOT NULL
        AND NEW.first_viewed_at IS DISTINCT FROM OLD.first_viewed_at
    THEN
        RAISE EXCEPTION 'when a notice was delivered and first viewed is written once'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_notice BEFORE UPDATE ON notice
    FOR EACH ROW EXECUTE FUNCTION keep_notice();
