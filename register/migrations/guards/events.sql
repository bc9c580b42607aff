-- The branch of an audit event is found when the event is written: from its subject alone where that
-- spells it, else from the row that the subject names.

CREATE FUNCTION branch_of_event(name text, subject text) RETURNS text
    LANGUAGE sql STABLE AS $$
SELECT CASE
    WHEN split_part(name, '.', 1) IN ('clearance', 'revocation', 'notice', 'contract_row') THEN
        CASE
            WHEN subject ~ '^[0-9]{4}-[0-9]{4}-[0-9]{6}-[0-9]$' THEN substr(subject, 6, 4)
            WHEN subject ~ '^[0-9]{4}/' THEN substr(subject, 1, 4)
        END
    WHEN split_part(name, '.', 1) IN ('branch', 'paper') THEN subject
    WHEN split_part(name, '.', 1) IN ('collection', 'deadline') THEN
        (SELECT branch_code FROM collection WHERE id = subject)
    WHEN split_part(name, '.', 1) = 'workshop' THEN
        (SELECT branch_code FROM workshop WHERE number = subject)
    WHEN split_part(name, '.', 1) = 'inspection_undertaking' THEN
        (SELECT branch_code FROM inspection_undertaking WHERE id = subject)
    WHEN split_part(name, '.', 1) = 'minutes' THEN
        (SELECT branch_code FROM paper_minutes WHERE number = subject)
    WHEN split_part(name, '.', 1) = 'staff' THEN
        (SELECT branch_code FROM staff WHERE id = subject)
END
$$;

CREATE FUNCTION find_branch_of_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.branch_code := branch_of_event(NEW.name, NEW.subject);
    RETURN NEW;
END $$;
CREATE TRIGGER find_branch_of_event BEFORE INSERT ON audit_event
    FOR EACH ROW EXECUTE FUNCTION find_branch_of_event();
