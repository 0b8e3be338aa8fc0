-- The record as the coordinator of the migration Initial wrote it.

INSERT INTO jobs (id, tenant, status, label, model, checkpoint, priority, determinism, format, quality, profile, idempotency_key, request_fingerprint, tasks_total, tasks_queued, tasks_dispatched, tasks_running, tasks_completed, tasks_failed, tasks_canceled, cost, cost_ended, last_seq, end_seq, created_at, started_at, ended_at, retention_days, delete_after, purged_at)
VALUES
  (id'01a207bd-a9c0-7000-8000-000000000001', 'default', 'active', 'catalogue 7', 'demo', 'sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'high', 'reproducible', 'png', NULL, 'onnxruntime 1.31.1/cpu/x64-avx2/1', 'order-17', 'f1', 5, 1, 1, 1, 1, 1, 0, 204800, 81920, 9, NULL, time'2026-11-23T09:30:00Z', time'2026-11-23T09:30:01Z', NULL, 30, NULL, NULL),
  (id'01a207f4-9840-7000-8000-000000000002', 'default', 'failed', NULL, 'demo', 'sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'normal', 'fast', 'jpeg', 90, NULL, NULL, NULL, 2, 0, 0, 0, 1, 1, 0, 81920, 81920, 4, 4, time'2026-11-23T10:30:00Z', time'2026-11-23T10:30:01Z', time'2026-11-23T10:31:00Z', NULL, NULL, NULL),
  (id'01a2082b-86c0-7000-8000-000000000003', 'default', 'canceled', NULL, 'demo', 'sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'low', 'reproducible', 'png', NULL, NULL, NULL, NULL, 1, 0, 0, 0, 0, 0, 1, 40960, 40960, 2, 2, time'2026-11-23T11:30:00Z', NULL, time'2026-11-23T11:31:00Z', NULL, NULL, NULL);

INSERT INTO job_sweeps (job_id, sweep, length)
VALUES
  (id'01a207bd-a9c0-7000-8000-000000000001', '{"prompts":["a red circle"],"negative_prompt":"","samplers":[{"sampler":"euler","noise_schedule":"uniform"}],"steps":[10],"guidance_scales":[3],"seeds":[7],"images":5,"width":64,"height":64,"timestep_spacing":"leading","eta":0,"noise_source":"torch_cpu","determinism":"reproducible","init_image":"sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","mask":"sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc","strengths":[0.5]}', 469),
  (id'01a207f4-9840-7000-8000-000000000002', '{"prompts":["a red circle"],"negative_prompt":"","samplers":[{"sampler":"euler","noise_schedule":"uniform"}],"steps":[10],"guidance_scales":[3],"seeds":[7],"images":2,"width":64,"height":64,"timestep_spacing":"leading","eta":0,"noise_source":"torch_cpu","determinism":"reproducible"}', 283),
  (id'01a2082b-86c0-7000-8000-000000000003', '{"prompts":["a red circle"],"negative_prompt":"","samplers":[{"sampler":"euler","noise_schedule":"uniform"}],"steps":[10],"guidance_scales":[3],"seeds":[7],"images":1,"width":64,"height":64,"timestep_spacing":"leading","eta":0,"noise_source":"torch_cpu","determinism":"reproducible"}', 283);

INSERT INTO tasks (job_id, task_index, cost, status, attempt, charged, deaths, missed_heartbeats, worker, device, run, lease_expires_at, not_before, avoid_worker, started_at, ended_at, ended_seq, object_key, sha256, size_bytes, render_ms, profile, failure_code, failure_detail)
VALUES
  (id'01a207bd-a9c0-7000-8000-000000000001', 0, 40960, 'completed', 1, 1, 0, 0, 'alpha', 'cpu', id'22222222-2222-4222-8222-222222222222', NULL, NULL, NULL, time'2026-11-23T09:30:02Z', time'2026-11-23T09:30:03Z', 3, 'images/01a207bd-a9c0-7000-8000-000000000001/000000-1-22222222222242228222222222222222.png', '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae', 3, 750, 'onnxruntime 1.31.1/cpu/x64-avx2/1', NULL, NULL),
  (id'01a207bd-a9c0-7000-8000-000000000001', 1, 40960, 'failed', 3, 3, 1, 0, 'alpha', 'cpu', NULL, NULL, NULL, 'alpha', NULL, time'2026-11-23T09:31:00Z', 7, NULL, NULL, NULL, NULL, NULL, 'not_finite', 'The latent became infinite.'),
  (id'01a207bd-a9c0-7000-8000-000000000001', 2, 40960, 'running', 1, 1, 0, 0, 'alpha', 'cpu', id'33333333-3333-4333-8333-333333333333', time'2026-11-23T12:00:10Z', NULL, NULL, time'2026-11-23T11:59:50Z', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (id'01a207bd-a9c0-7000-8000-000000000001', 3, 40960, 'dispatched', 2, 2, 1, 1, 'alpha', 'cpu', NULL, time'2026-11-23T12:00:10Z', NULL, 'beta', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (id'01a207bd-a9c0-7000-8000-000000000001', 4, 40960, 'queued', 1, 0, 1, 0, 'beta', 'cpu', NULL, NULL, time'2026-11-23T11:00:05Z', 'beta', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (id'01a207f4-9840-7000-8000-000000000002', 0, 40960, 'completed', 1, 1, 0, 0, 'beta', 'cpu', id'33333333-3333-4333-8333-333333333333', NULL, NULL, NULL, time'2026-11-23T10:30:02Z', time'2026-11-23T10:30:03Z', 2, 'images/01a207f4-9840-7000-8000-000000000002/000000-1-33333333333343338333333333333333.jpg', '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae', 3, 750, 'onnxruntime 1.31.1/cpu/x64-avx2/1', NULL, NULL),
  (id'01a207f4-9840-7000-8000-000000000002', 1, 40960, 'failed', 1, 1, 0, 0, 'beta', 'cpu', NULL, NULL, NULL, 'beta', NULL, time'2026-11-23T10:31:00Z', 3, NULL, NULL, NULL, NULL, NULL, 'bad_recipe', 'No such sampler.'),
  (id'01a2082b-86c0-7000-8000-000000000003', 0, 40960, 'canceled', 0, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, time'2026-11-23T11:31:00Z', 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

INSERT INTO attempt_failures (job_id, task_index, attempt, code, retryable, detail, worker, failed_at)
VALUES
  (id'01a207bd-a9c0-7000-8000-000000000001', 1, 1, 'store_unavailable', TRUE, 'The object store refused.', 'beta', time'2026-11-23T09:30:30Z'),
  (id'01a207bd-a9c0-7000-8000-000000000001', 1, 3, 'not_finite', FALSE, 'The latent became infinite.', 'alpha', time'2026-11-23T09:31:00Z'),
  (id'01a207f4-9840-7000-8000-000000000002', 1, 1, 'bad_recipe', FALSE, 'No such sampler.', NULL, time'2026-11-23T10:31:00Z');

INSERT INTO workers (name, incarnation, status, checkpoints, first_seen_at, last_seen_at)
VALUES
  ('alpha', guid'11111111-1111-4111-8111-111111111111', 'active', list'sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', time'2026-11-22T00:00:00Z', time'2026-11-23T11:59:59Z'),
  ('beta', guid'44444444-4444-4444-8444-444444444444', 'left', list'sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa|*', time'2026-11-22T00:00:00Z', time'2026-11-23T11:00:00Z');

INSERT INTO devices (worker, device, slots, profile, announced_speed, measured_speed)
VALUES
  ('alpha', 'cpu', 4, 'onnxruntime 1.31.1/cpu/x64-avx2/1', 250000, 300000.5),
  ('beta', 'cpu', 2, 'onnxruntime 1.31.1/cpu/x64-avx2/1', 250000, NULL);

INSERT INTO checkpoints (digest, name, description, first_seen_at, last_seen_at)
VALUES
  ('sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'demo', '{"name":"demo","digest":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","width":64,"height":64,"side_multiple":8,"steps":25,"sampler":"dpmpp_2m","noise_schedule":"uniform","timestep_spacing":"leading","guidance_scale":4,"cost_factor":0.25}', time'2026-11-22T00:00:00Z', time'2026-11-23T11:59:59Z');
