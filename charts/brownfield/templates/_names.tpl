{{- define "brownfield.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- /* At most 40 characters, so that a suffix and a pod's hash still fit into a label. */ -}}
{{- define "brownfield.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains (include "brownfield.name" .) .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "brownfield.name" .) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "brownfield.operator" -}}
{{ include "brownfield.fullname" . }}-operator
{{- end -}}

{{- define "brownfield.spine" -}}
{{ include "brownfield.fullname" . }}-spine
{{- end -}}

{{- /* Labels of a component: dict "context" . "component" "operator" */ -}}
{{- define "brownfield.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .context.Chart.Name .context.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/version: {{ .context.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .context.Release.Service }}
app.kubernetes.io/part-of: brownfield
{{ include "brownfield.selector" . }}
{{- end -}}

{{- define "brownfield.selector" -}}
app.kubernetes.io/name: {{ include "brownfield.name" .context | quote }}
app.kubernetes.io/instance: {{ .context.Release.Name | quote }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- /* Labels of a pod: what never changes while the chart's version does, or every upgrade would restart it. */ -}}
{{- define "brownfield.podLabels" -}}
app.kubernetes.io/part-of: brownfield
{{ include "brownfield.selector" . }}
{{- end -}}

{{- /* Image of a component: dict "context" . "component" "adapter" "image" .Values.processes.adapter.image */ -}}
{{- define "brownfield.image" -}}
{{- $images := .context.Values.images -}}
{{- .image | default (printf "%s/brownfield-%s:%s" (trimSuffix "/" $images.registry) .component ($images.tag | default .context.Chart.AppVersion)) -}}
{{- end -}}
