// Checks rendered manifests against the schemas of Kubernetes, KEDA and the Prometheus operator: required fields and types.
//   node validate.mjs FILE...      one line per fault; exit code 1 when there is one
// Runs as a copy beside the installed packages, where imports are looked up.
import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';

// apiVersion decides which package holds the class of a kind.
function packageOf(apiVersion) {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  if (group === '') return `kubernetes-models/${version}`;
  if (group === 'keda.sh') return `@kubernetes-models/keda/${group}/${version}`;
  if (group === 'monitoring.coreos.com') return `@kubernetes-models/prometheus-operator/${group}/${version}`;
  return `kubernetes-models/${group}/${version}`;
}

let documents = 0;
const faults = [];
for (const file of process.argv.slice(2)) {
  for (const document of parseAllDocuments(readFileSync(file, 'utf8'))) {
    const manifest = document.toJS();
    if (!manifest) continue;
    documents++;
    try {
      const { [manifest.kind]: Kind } = await import(`${packageOf(manifest.apiVersion)}/${manifest.kind}`);
      new Kind(manifest).validate();
    } catch (error) {
      faults.push(`${file}: ${manifest.kind} ${manifest.metadata?.name}: ${error.message}`);
    }
  }
}

for (const fault of faults) console.error(fault);
console.log(`${documents} manifests, ${faults.length} with faults`);
process.exit(faults.length > 0 || documents === 0 ? 1 : 0);
