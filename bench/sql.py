"""pgbench doing the SQL of a booking, without the product: what the database alone could do."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url

# Each transaction books the next free hour of a clinician far in the future, so that none is refused.
SCRIPT = """
\\set clinician random(1, {clinicians})
\\set patient random(1, {patients})
BEGIN;
SELECT c.resource_id AS clinician_resource FROM clinician c WHERE c.id = (SELECT ids[:clinician] FROM bench_ids) \\gset
SELECT p.resource_id AS patient_resource, p.id AS patient_id FROM patient p
  WHERE p.id = (SELECT patient_ids[:patient] FROM bench_ids) \\gset
SELECT id FROM resource WHERE id IN (:clinician_resource, :patient_resource) ORDER BY id FOR NO KEY UPDATE;
SELECT appointment_id FROM occupancy WHERE resource_id IN (:clinician_resource, :patient_resource)
  AND held_until <= now();
SELECT * FROM weekly_rule WHERE clinician_id = (SELECT ids[:clinician] FROM bench_ids);
SELECT lower(during), upper(during) FROM occupancy WHERE resource_id IN (:clinician_resource, :patient_resource)
  AND lower(during) < now() + interval '2 days' AND upper(during) > now();
SELECT nextval('bench_hour') AS hour \\gset
INSERT INTO appointment (clinician_id, patient_id, service_id, session_type, starts_at, ends_at, time_zone, status,
  fee_minor, currency, channel, created_at, updated_at, booked_at)
  SELECT s.clinician_id, :patient_id, s.id, 'ONLINE', timestamptz '2100-01-01' + :hour * interval '1 hour',
  timestamptz '2100-01-01' + :hour * interval '1 hour' + interval '30 minutes', 'UTC', 'CONFIRMED', 0, 'GBP', 'PORTAL',
  now(), now(), now() FROM service s WHERE s.clinician_id = (SELECT ids[:clinician] FROM bench_ids) LIMIT 1
  RETURNING id AS appointment \\gset
INSERT INTO occupancy (resource_id, appointment_id, during) VALUES
  (:clinician_resource, :appointment, tstzrange(timestamptz '2100-01-01' + :hour * interval '1 hour',
   timestamptz '2100-01-01' + :hour * interval '1 hour' + interval '30 minutes')),
  (:patient_resource, :appointment, tstzrange(timestamptz '2100-01-01' + :hour * interval '1 hour',
   timestamptz '2100-01-01' + :hour * interval '1 hour' + interval '30 minutes'));
INSERT INTO appointment_change (appointment_id, kind, to_status, starts_at, version, changed_at)
  VALUES (:appointment, 'confirmed', 'CONFIRMED', now(), 1, now());
INSERT INTO message (kind, channel, recipient, text, appointment_id, created_at)
  VALUES ('appointment-confirmed', 'WHATSAPP', '+447700900000', 'x', :appointment, now());
COMMIT;
"""


def prepare(engine: Engine) -> tuple[int, int]:
    """Lists of ids for the script to draw from; how many clinicians and patients they hold."""
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS bench_ids"))
        connection.execute(
            text(
                "CREATE TABLE bench_ids AS SELECT (SELECT array_agg(clinician_id) FROM (SELECT DISTINCT clinician_id"
                " FROM service) s) AS ids, (SELECT array_agg(id) FROM patient) AS patient_ids"
            )
        )
        connection.execute(text("CREATE SEQUENCE IF NOT EXISTS bench_hour"))
        sizes = connection.execute(
            text("SELECT cardinality(ids), cardinality(patient_ids) FROM bench_ids")
        ).one()
    return int(sizes[0]), int(sizes[1])


def rate(pgbench: Path, url: str, sizes: tuple[int, int], *, clients: int, seconds: int) -> float:
    """Booking transactions a second."""
    address = make_url(url)
    with tempfile.TemporaryDirectory() as place:
        script = Path(place) / "booking.sql"
        script.write_text(SCRIPT.format(clinicians=sizes[0], patients=sizes[1]))
        host = str(address.query["host"])
        command = [str(pgbench), "-n", "-f", str(script), "-c", str(clients), "-j", "2", "-T", str(seconds)]
        command += [
            "-h",
            host,
            "-U",
            address.username or "portal",
            "--max-tries=5",
            address.database or "postgres",
        ]
        environ = {**os.environ, "PGPORT": "5432"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if found is None:
        raise RuntimeError(done.stderr)
    return float(found[1])
