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

{{/*
The Deployments, as a YAML list of: roles, name, labels of the pods, those that select them, the account with its
annotations, the name of the account's rights, replicas, resources. Either one with all roles, or one for each role. Then the webhook takes
over the Deployment that had all, so that somebody answers all the time; and the controller the account, which stores
know and with which the old pods end their work. docs/decisions/0017-apart.md.
*/}}
{{- define "operator.processes" -}}
{{- $name := include "operator.name" . -}}
{{- $selector := include "operator.selector" . | fromYaml -}}
{{- $account := dict "account" (include "operator.serviceAccount" .) "annotations" .Values.serviceAccount.annotations "rights" $name -}}
{{- if .Values.apart.enabled -}}
{{- $processes := list -}}
{{- range $role := list "webhook" "controller" "api" -}}
{{- $part := get $.Values.apart $role -}}
{{- $suffixed := printf "%s-%s" $name $role -}}
{{- $labels := merge (dict "app.kubernetes.io/component" $role) $selector -}}
{{- $isTakenOver := eq $role "webhook" -}}
{{- $process := dict "roles" (list $role) "name" (ternary $name $suffixed $isTakenOver) "labels" $labels "selector" (ternary $selector $labels $isTakenOver) -}}
{{- if eq $role "controller" -}}
{{- $process = merge $process $account -}}
{{- else -}}
{{- $process = merge $process (dict "account" ($part.serviceAccount.name | default $suffixed) "annotations" $part.serviceAccount.annotations "rights" $suffixed) -}}
{{- end -}}
{{- $resources := ternary $part.resources $.Values.resources (gt (len $part.resources) 0) -}}
{{- $processes = append $processes (merge $process (dict "replicas" $part.replicas "resources" $resources)) -}}
{{- end -}}
{{- toYaml $processes -}}
{{- else -}}
{{- $process := dict "roles" (list "controller" "webhook" "api") "name" $name "labels" $selector "selector" $selector "replicas" .Values.replicas "resources" .Values.resources -}}
{{- list (merge $process $account) | toYaml -}}
{{- end -}}
{{- end -}}

{{/* Of another name when cert-manager makes it: the type of a Secret can't be changed. */}}
{{- define "operator.certificateSecret" -}}
{{- printf "%s-%s" (include "operator.name" .) (ternary "tls" "certificate" .Values.certificates.certManager.enabled) -}}
{{- end -}}

{{- define "operator.caConfigMap" -}}
{{- printf "%s-ca" (include "operator.name" .) -}}
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
