{{/* Name of everything of a release: short enough that a pod's name is a valid worker name of at most 63 characters. */}}
{{- define "renderfarm.name" -}}
{{- $base := default .Chart.Name .Values.nameOverride -}}
{{- if contains $base .Release.Name -}}{{ .Release.Name | trunc 30 | trimSuffix "-" }}{{- else -}}{{ printf "%s-%s" .Release.Name $base | trunc 30 | trimSuffix "-" }}{{- end -}}
{{- end }}

{{/* Labels that select; never change them, selectors are immutable. Takes (root, component). */}}
{{- define "renderfarm.selector" -}}
app.kubernetes.io/name: renderfarm
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "renderfarm.labels" -}}
{{ include "renderfarm.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "renderfarm.image" -}}
{{- $image := index .root.Values.image .role -}}
{{- $tag := default (default .root.Chart.AppVersion $image.tag) .tag -}}
{{- if .root.Values.image.registry -}}{{ .root.Values.image.registry }}/{{- end -}}{{ $image.repository }}:{{ $tag }}
{{- end }}

{{- define "renderfarm.serviceAccount" -}}
{{- default (include "renderfarm.name" .) .Values.serviceAccount.name -}}
{{- end }}

{{/* Name of the Secret of a role. Takes (root, role). */}}
{{- define "renderfarm.secret" -}}
{{- default (printf "%s-%s" (include "renderfarm.name" .root) .role) (index .root.Values.secrets .role) -}}
{{- end }}

{{- define "renderfarm.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1654
runAsGroup: 1654
fsGroup: 1654
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "renderfarm.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{/* Environment that both roles share. */}}
{{- define "renderfarm.environment" -}}
- name: POD_NAME
  valueFrom: { fieldRef: { fieldPath: metadata.name } }
- name: RENDERFARM_SECRETS
  value: /run/secrets/renderfarm
- name: RENDERFARM__STORE__ENDPOINT
  value: {{ required "store.endpoint is required: the address of an S3 server, for example https://s3.example.org" .Values.store.endpoint | quote }}
- name: RENDERFARM__STORE__BUCKET
  value: {{ .Values.store.bucket | quote }}
- name: RENDERFARM__STORE__REGION
  value: {{ .Values.store.region | quote }}
{{- with .Values.metrics.otlp.endpoint }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ . | quote }}
{{- end }}
{{- end }}

{{/* Further settings as environment: Takes (prefix, settings). */}}
{{- define "renderfarm.settings" -}}
{{- range $name, $value := .settings }}
- name: {{ printf "%s__%s" $.prefix ($name | upper) }}
  value: {{ include "renderfarm.text" $value | quote }}
{{- end }}
{{- end }}

{{/*
A value as text, whole numbers in plain digits. Helm reads every number of a values file as a float64, which prints itself as 1.048576e+06 from a million on, and
that is no whole number to .NET nor to Kubernetes. Of fractions .NET reads the exponent too.
*/}}
{{- define "renderfarm.text" -}}
{{- if kindIs "float64" . -}}
{{- if eq . (floor .) -}}{{ printf "%.0f" . }}{{- else -}}{{ . }}{{- end -}}
{{- else -}}{{ . }}{{- end -}}
{{- end }}

{{/* Seconds as the TimeSpan that the programs read. */}}
{{- define "renderfarm.timeSpan" -}}
{{ printf "00:%02d:%02d" (div (int .) 60) (mod (int .) 60) }}
{{- end }}

{{/*
Most bytes of fetched checkpoints in a volume of this size, such as 20Gi: nine tenths, because a file system keeps some for itself and a pod whose emptyDir
grows beyond its size is evicted.
*/}}
{{- define "renderfarm.cacheBytes" -}}
{{- $units := dict "Gi" 1073741824 "Ti" 1099511627776 "G" 1000000000 "T" 1000000000000 -}}
{{- $unit := regexFind "[A-Z]i?$" . -}}
{{- printf "%d" (div (mul (int64 (trimSuffix $unit .)) (int64 (get $units $unit)) 9) 10) -}}
{{- end }}

{{/*
Work of a pool's checkpoints that has not ended, in pixel-steps. Every coordinator shows the same numbers: their maximum is taken, never their sum. Held work
counts as well as waiting work, or the pool would shrink under the images it is rendering. The last term is zero and is there whenever a coordinator can read
the record, so that "no such checkpoint yet" is 0 while "nothing is known" is no value at all, on which KEDA changes nothing. Takes (root, pool).
*/}}
{{- define "renderfarm.scalingQuery" -}}
{{- $matchers := default (printf "namespace=%q" .root.Release.Namespace) .root.Values.autoscaling.prometheus.matchers -}}
{{- $names := list -}}
{{- range .pool.scaleOn }}{{ $names = append $names (regexQuoteMeta .) }}{{ end -}}
{{- $selector := $matchers -}}
{{- if $names }}{{ $selector = printf "%s,checkpoint=~%q" $matchers (join "|" $names) }}{{ end -}}
sum(max by (checkpoint) (renderfarm_backlog_pixel_steps{ {{- $selector -}} })) + sum(max by (checkpoint) (renderfarm_held_pixel_steps{ {{- $selector -}} })) or max(renderfarm_workers{ {{- $matchers -}} ,status="active"}) * 0
{{- end }}
