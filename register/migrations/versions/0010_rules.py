"""What the rules at issue ask of earlier requests: row, sequence and kind beside each intent.

They are parts of the stored request. An intent from before the queue holds none: there they come
from its certificate or, while it is not issued, with the next attempt of its caller.
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

COLUMNS = """
ALTER TABLE intent
    ADD COLUMN contract_row text CHECK (contract_row ~ '^([0-9]{3}|[0-9]{8})$'),
    ADD COLUMN contract_sequence text CHECK (contract_sequence ~ '^[0-9]{2}$'),
    ADD COLUMN kind text CHECK (kind IN ('final', 'interim'));
UPDATE intent SET
    contract_row = told.it #>> '{contract,row}',
    contract_sequence = told.it #>> '{contract,sequence}',
    kind = told.it ->> 'kind'
FROM (
    SELECT intent.number, CASE
        WHEN intent.request = '{}' THEN clearance.certificate::jsonb
        ELSE intent.request::jsonb
    END AS it
    FROM intent LEFT JOIN clearance USING (number)
) AS told
WHERE told.number = intent.number;
ALTER TABLE intent ADD CHECK (
    request = '{}'
    OR (contract_row, contract_sequence, kind) IS NOT DISTINCT FROM (
        request::jsonb #>> '{contract,row}',
        request::jsonb #>> '{contract,sequence}',
        request::jsonb ->> 'kind')
);
CREATE INDEX intent_contract_row ON intent (branch_code, contract_row, contract_sequence);
"""


def upgrade() -> None:
    """Add the columns, fill them, and bind them to the request."""
    op.execute(COLUMNS)
