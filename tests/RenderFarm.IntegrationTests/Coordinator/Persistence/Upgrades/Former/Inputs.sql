-- The record as the coordinator of the migration Inputs wrote it: what it was before, and pictures.

\ir Attempts.sql

INSERT INTO inputs (digest, used_at, is_leaving)
VALUES
  ('sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', time'2026-11-23T09:30:00Z', FALSE),
  ('sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc', time'2026-11-23T09:30:00Z', FALSE),
  ('sha256:dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd', time'2026-11-22T00:00:00Z', TRUE);

INSERT INTO job_inputs (job_id, digest)
VALUES
  (id'01a207bd-a9c0-7000-8000-000000000001', 'sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb'),
  (id'01a207bd-a9c0-7000-8000-000000000001', 'sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc');
