// Checks what `docker-compose config` made of docker-compose.yml against the rules that no schema knows.
//   node compose.mjs FILE [UPSCALERS]      one line per fault; exit code 1 when there is one; UPSCALERS is the folder that workers shall be given
// Runs as a copy beside the installed packages, where imports are looked up.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

const { services } = parse(readFileSync(process.argv[2], 'utf8'), { merge: true });
const faults = [];
const must = (holds, service, rule) => holds || faults.push(`${service}: ${rule}`);

// "1m30s", "60s" or "00:00:30".
function seconds(text) {
  if (/^\d+:\d+:\d+$/.test(text)) return text.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  return [...text.matchAll(/(\d+)([hms])/g)].reduce((sum, [, number, unit]) => sum + Number(number) * { h: 3600, m: 60, s: 1 }[unit], 0);
}

// What is mounted: its name or path, the place, the mode.
const mountsOf = (service) => (service.volumes ?? []).map((volume) => volume.split(':'));

// Named volumes, by the place where they are mounted for writing.
const volumesOf = (service) => mountsOf(service).filter(([name, , mode]) => !name.startsWith('/') && mode !== 'ro');

for (const [name, service] of Object.entries(services)) {
  must(service.security_opt?.includes('no-new-privileges:true'), name, 'may gain privileges');
  // What we build brings its own health check in its container file.
  must(service.build || service.healthcheck, name, 'has no health check');
  if (!service.build) continue;

  must(service.read_only === true, name, 'can write to its root file system');
  must(service.cap_drop?.includes('ALL'), name, 'keeps capabilities');
  must(service.restart === 'unless-stopped', name, 'is not started again when it ends by itself');
  for (const [key, value] of Object.entries(service.environment ?? {}))
    must(!/(CONNECTION|KEY|PASSWORD)$/.test(key), name, `has the secret ${key} (${String(value).length} characters) in its environment`);
  for (const key of ['RENDERFARM__BUS__CONNECTION', 'RENDERFARM__STORE__ACCESSKEY', 'RENDERFARM__STORE__SECRETKEY'])
    must(service.secrets?.some((secret) => secret.target === key), name, `gets no file ${key}`);
}

// The host of .NET waits thirty seconds for requests and loops to end.
must(seconds(services.coordinator.stop_grace_period) > 30, 'coordinator', 'is killed before it has stopped');

const caches = new Map();
for (const [name, service] of Object.entries(services).filter(([name]) => name.startsWith('worker'))) {
  const cache = service.environment.RENDERFARM__WORKER__CHECKPOINTCACHE;
  const volume = volumesOf(service).find(([, place]) => cache === place || cache?.startsWith(place + '/'))?.[0];
  must(volume, name, `fetches checkpoints to ${cache}, which is no volume`);
  must(!caches.has(volume), name, `shares its checkpoint cache with ${caches.get(volume)}`);
  caches.set(volume, name);
  // Compose takes a folder that is no path for a volume of that name.
  const upscalers = mountsOf(service).filter(([, place]) => place === service.environment.RENDERFARM__WORKER__UPSCALERFOLDER);
  must(upscalers.length === 1 && upscalers[0][2] === 'ro', name, 'does not have its folder of upscalers mounted once, read-only');
  must(upscalers[0]?.[0] === (process.argv[3] ?? 'upscalers'), name, `has its upscalers from ${upscalers[0]?.[0]}`);
  must(Number(service.environment.RENDERFARM__WORKER__CHECKPOINTCACHEBYTES) >= 2 ** 20, name, 'has no bound for its checkpoint cache');
  // The bus and the web server stop after the worker, and have twenty seconds.
  must(
    seconds(service.stop_grace_period) > seconds(service.environment.RENDERFARM__WORKER__STOPGRACE) + 20, name, 'is killed before it can hand back what it holds');
}

for (const fault of faults) console.error(fault);
process.exit(faults.length > 0 || caches.size === 0 ? 1 : 0);
