{{- define "dossier.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{- /* Name of everything the release makes for the operator: <release>-operator, or dossier-operator for a release named dossier. */}}
{{- define "dossier.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains (include "dossier.name" .) .Release.Name -}}
{{- printf "%s-operator" (.Release.Name | trunc 43 | trimSuffix "-") -}}
{{- else -}}
{{- printf "%s-%s-operator" .Release.Name (include "dossier.name" .) | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{- define "dossier.serviceAccountName" -}}
{{- default (ternary (include "dossier.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name -}}
{{- end }}

{{- define "dossier.selectorLabels" -}}
app.kubernetes.io/name: {{ include "dossier.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end }}

{{- define "dossier.labels" -}}
{{ include "dossier.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name (.Chart.Version | replace "+" "_") }}
{{- end }}

{{- /* One image reference of {image, default tag}. */}}
{{- define "dossier.image" -}}
{{- $image := index . 0 -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $image.repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $image.repository (default (index . 1) $image.tag) -}}
{{- end -}}
{{- end }}

{{- /* Of a pod that runs the operator's image: what all of these have in common. */}}
{{- define "dossier.podSpec" -}}
serviceAccountName: {{ include "dossier.serviceAccountName" . }}
automountServiceAccountToken: true
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{- /* The same of its container. */}}
{{- define "dossier.containerSpec" -}}
image: {{ include "dossier.image" (list .Values.image .Chart.AppVersion) | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- with .Values.extraEnv }}
env: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.resources }}
resources: {{- toYaml . | nindent 2 }}
{{- end }}
terminationMessagePolicy: FallbackToLogsOnError
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{- /* The rights in namespaces with Reports; docs/security.md explains each. */}}
{{- define "dossier.namespacedRules" -}}
- apiGroups: [dossier.dev]
  resources: [reports]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [dossier.dev]
  resources: [reportstorages]
  verbs: [get, list, watch, patch]
- apiGroups: [dossier.dev]
  resources: [reportdownloads]
  verbs: [get, list, watch, patch, delete]
- apiGroups: [dossier.dev]
  resources: [reporttemplates]
  verbs: [get, list, watch, create, update, delete]
- apiGroups: [dossier.dev]
  resources: [reportschedules, reportrepositories]
  verbs: [get, list, watch]
- apiGroups: [dossier.dev]
  resources: [reports/status, reportdownloads/status, reporttemplates/status, reportstorages/status, reportschedules/status, reportrepositories/status]
  verbs: [patch]
- apiGroups: [dossier.dev]
  resources: [reports/finalizers, reportschedules/finalizers, reportrepositories/finalizers]
  verbs: [update]
- apiGroups: [batch]
  resources: [jobs]
  verbs: [get, list, watch, create, delete]
- apiGroups: ['']
  resources: [configmaps]
  verbs: [create]
- apiGroups: ['']
  resources: [pods]
  verbs: [list, watch]
# By a Role too, as long as it is the Role's own namespace.
- apiGroups: ['']
  resources: [secrets, namespaces]
  verbs: [get]
- apiGroups: ['']
  resources: [pods/log]
  verbs: [get]
- apiGroups: ['']
  resources: [events]
  verbs: [list]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end }}

{{- /* What outlives the Roles in a namespace that is being deleted: enough to let its Reports and storages go, once their files are removed. */}}
{{- define "dossier.cleanUpRules" -}}
- apiGroups: [dossier.dev]
  resources: [reports, reportstorages]
  verbs: [get, list, watch, patch]
- apiGroups: ['']
  resources: [namespaces]
  verbs: [get]
{{- end }}

{{- /* The rights to things that belong to no namespace. */}}
{{- define "dossier.clusterRules" -}}
- apiGroups: [dossier.dev]
  resources: [clusterreporttemplates]
  verbs: [get, list, watch]
{{- /* Others may have operators of their own. Whoever waits for the release waits for what this one says of the templates that come with it. */}}
{{- $own := list }}
{{- range .Values.systemTemplates.templates }}
{{- $own = append $own (printf "system-%s" .) }}
{{- end }}
{{- if not .Values.watchNamespaces }}
- apiGroups: [dossier.dev]
  resources: [clusterreporttemplates/status]
  verbs: [patch]
{{- else if and .Values.systemTemplates.enabled $own }}
- apiGroups: [dossier.dev]
  resources: [clusterreporttemplates/status]
  resourceNames: {{ toJson $own }}
  verbs: [patch]
{{- end }}
{{- end }}
