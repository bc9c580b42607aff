"""What was withdrawn and replaced before requests had to be confirmed stays so."""

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

import register
from register.database import open_database

pytestmark = pytest.mark.integration

OLD, NEW = "1404-1234-000001-8", "1404-1234-000002-4"
BEFORE = """
INSERT INTO number_counter VALUES (1404, '1234', 2);
INSERT INTO intent (number, jalali_year, branch_code, serial, verification_code, client_id,
    idempotency_key, request_hash, request, prepared_at, attempts)
SELECT number, 1404, '1234', serial, '0000-0000-0000-000' || serial, 'client', number, sha256(''),
    '{}', now(), 1
FROM (VALUES ('1404-1234-000001-8', 1), ('1404-1234-000002-4', 2)) AS given (number, serial);
INSERT INTO clearance
SELECT number, gen_random_uuid(), certificate, sha256(convert_to(certificate, 'UTF8')), number,
    now(), now()
FROM (SELECT number, '{"number":"' || number || '"}' AS certificate FROM intent) AS given;
INSERT INTO withdrawal VALUES
    ('1404-1234-000001-8', 'data_corrected', now(), '1404-1234-000002-4', 'officer', now())
"""


def test_they_stay_withdrawn_and_replaced(empty_database_url):
    engine = open_database(empty_database_url)
    config = Config()
    scripts = Path(register.__file__).with_name("migrations")
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        connection.execute(text(BEFORE))

        command.upgrade(config, "0005")

        withdrawn = connection.execute(text("SELECT number, request_id FROM withdrawal")).all()
        replaced = connection.execute(text("SELECT number, replacement FROM replacement")).all()
    assert [tuple(row) for row in withdrawn] == [(OLD, None)]
    assert [tuple(row) for row in replaced] == [(OLD, NEW)]
    engine.dispose()
