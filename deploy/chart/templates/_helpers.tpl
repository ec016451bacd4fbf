{{/* The name of everything in this release. 50 characters leave room for a suffix and for the Service's DNS label. */}}
{{- define "operator.name" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "operator.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (include "operator.name" .) -}}
{{- end -}}

{{- define "operator.certificateSecret" -}}
{{- printf "%s-certificate" (include "operator.name" .) -}}
{{- end -}}

{{- define "operator.image" -}}
{{- $tag := .Values.image.tag | default .Chart.AppVersion -}}
{{- with .Values.image.digest -}}
{{- printf "%s:%s@%s" $.Values.image.repository $tag . -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository $tag -}}
{{- end -}}
{{- end -}}

{{/* What selects the pods: never changes in the life of a release. */}}
{{- define "operator.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* The whole of an object's metadata but its name and namespace. Our own labels win over the values'. */}}
{{- define "operator.labels" -}}
{{- $ours := include "operator.selector" . | fromYaml -}}
{{- $_ := set $ours "app.kubernetes.io/version" .Chart.AppVersion -}}
{{- $_ := set $ours "app.kubernetes.io/managed-by" .Release.Service -}}
{{- $_ := set $ours "helm.sh/chart" (printf "%s-%s" .Chart.Name (replace "+" "_" .Chart.Version)) -}}
{{- merge $ours .Values.labels | toYaml -}}
{{- end -}}

{{/*
Labels and annotations of an object, as lines of its metadata: (dict "root" $), with further "labels" and "annotations" of
this object. Those of the values give way to both.
*/}}
{{- define "operator.marks" -}}
labels:
  {{- merge (dict) (.labels | default dict) (include "operator.labels" .root | fromYaml) | toYaml | nindent 2 }}
{{- with merge (dict) (.annotations | default dict) .root.Values.annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Where pods of the operator's image may run, and what they may do: of the Deployment and of hooks. */}}
{{- define "operator.scheduling" -}}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
# The user is the image's, a number: so a platform that gives each namespace users of its own can choose another.
securityContext:
  runAsNonRoot: true
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{- define "operator.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* Labels of pods that Helm makes for a moment: never those that the Service, or anything else, selects the operator by. */}}
{{- define "operator.hookLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}-hook
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}
