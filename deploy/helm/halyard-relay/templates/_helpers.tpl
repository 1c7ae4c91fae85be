{{- define "halyard-relay.fullname" -}}
{{- if .Values.fullnameOverride }}{{ .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if contains $name .Release.Name }}{{ .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}{{ printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}{{ end }}
{{- end }}
{{- end }}

{{- define "halyard-relay.selectorLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "halyard-relay.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "halyard-relay.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "halyard-relay.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}{{ default (include "halyard-relay.fullname" .) .Values.serviceAccount.name }}
{{- else }}{{ default "default" .Values.serviceAccount.name }}{{ end }}
{{- end }}

{{- define "halyard-relay.image" -}}
{{- $repository := required "image.repository is not set: no image is published yet. Build one, push it to your registry and set image.repository (docs/containers.md)." .Values.image.repository }}
{{- if regexMatch ":[^/]*$" $repository }}{{ fail "image.repository has a tag; set image.tag, or image.digest, for it." }}{{ end }}
{{- if .Values.image.digest }}{{ $repository }}@{{ .Values.image.digest }}
{{- else }}{{ $repository }}:{{ default .Chart.AppVersion .Values.image.tag }}{{ end }}
{{- end }}

{{- define "halyard-relay.scheme" -}}
{{- if .Values.tls.existingSecret }}HTTPS{{ else }}HTTP{{ end }}
{{- end }}

{{- define "halyard-relay.configMap" -}}
{{- if .Values.relay.config }}{{ include "halyard-relay.fullname" . }}-config{{ else }}{{ .Values.relay.existingConfigMap }}{{ end }}
{{- end }}

{{- define "halyard-relay.flagsConfigMap" -}}
{{- if .Values.flags.files }}{{ include "halyard-relay.fullname" . }}-flags{{ else }}{{ .Values.flags.existingConfigMap }}{{ end }}
{{- end }}

{{- define "halyard-relay.gracePeriod" -}}
{{- $least := add .Values.shutdown.delaySeconds .Values.shutdown.drainSeconds }}
{{- $period := default (add $least 15) .Values.terminationGracePeriodSeconds | int64 }}
{{- if le $period $least }}
{{- fail (printf "terminationGracePeriodSeconds is %d, but shutdown.delaySeconds and shutdown.drainSeconds need more than %d: Kubernetes would kill relays that still serve clients." $period $least) }}
{{- end }}
{{- $period }}
{{- end }}

{{/* Number as text: Helm reads numbers as floating point, which would print 1000000 as 1e+06. */}}
{{- define "halyard-relay.text" -}}
{{- if kindIs "float64" . }}{{ int64 . }}{{ else }}{{ . }}{{ end }}
{{- end }}

{{/* Refuses values that contradict each other. */}}
{{- define "halyard-relay.check" -}}
{{- $relay := .Values.relay }}
{{- range $name, $instead := dict "PORT" "service.port" "HALYARD_RELAY_ADMIN_PORT" "admin.port" "HALYARD_RELAY_SHUTDOWN_DELAY" "shutdown.delaySeconds" "GRACEFUL_SHUTDOWN_TIMEOUT" "shutdown.drainSeconds" "TLS_ENABLED" "tls.existingSecret" "TLS_CERT" "tls.existingSecret" "TLS_KEY" "tls.existingSecret" "HALYARD_SNAPSHOT_DIRECTORY" "snapshots.enabled" }}
{{- if hasKey $relay.environment $name }}{{ fail (printf "relay.environment.%s: the chart sets this variable; use the value %s." $name $instead) }}{{ end }}
{{- end }}
{{- if and $relay.config $relay.existingConfigMap }}{{ fail "relay.config and relay.existingConfigMap exclude each other." }}{{ end }}
{{- if and .Values.flags.files .Values.flags.existingConfigMap }}{{ fail "flags.files and flags.existingConfigMap exclude each other." }}{{ end }}
{{- if not (or $relay.config $relay.existingConfigMap $relay.environment $relay.envFromSecret $relay.secrets $relay.environmentVariables) }}
{{- fail "The relay has no environment. Set relay.envFromSecret to a secret with LD_ENV_<name> (an SDK key) or AUTO_CONFIG_KEY; docs/kubernetes.md has an example for each case." }}
{{- end }}
{{- if and .Values.serviceMonitor.enabled (not .Values.admin.enabled) }}{{ fail "serviceMonitor.enabled requires admin.enabled, because it reads /metrics on that port." }}{{ end }}
{{- if and .Values.serviceMonitor.enabled (not (.Capabilities.APIVersions.Has "monitoring.coreos.com/v1")) }}
{{- fail "serviceMonitor.enabled requires the operator of Prometheus (monitoring.coreos.com/v1), which this cluster does not have. With `helm template` add --api-versions monitoring.coreos.com/v1." }}
{{- end }}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) }}{{ fail "httpRoute.enabled requires httpRoute.parentRefs: the gateways of the route." }}{{ end }}
{{- if and .Values.ingress.enabled (not .Values.ingress.hosts) }}{{ fail "ingress.enabled requires ingress.hosts." }}{{ end }}
{{- end }}
