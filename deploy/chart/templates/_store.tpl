{{/*
The values of secretStore as the spec of a SecretStoreConfig. What the schema can't say, because it concerns several
values, is refused here with what to do.
*/}}
{{- define "operator.store" -}}
{{- $store := .Values.secretStore -}}
type: {{ $store.type }}
refreshInterval: {{ $store.refreshInterval }}
{{ $store.type }}:
  {{- include (printf "operator.store.%s" $store.type) . | nindent 2 }}
{{- with $store.access }}
access:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "operator.store.kubernetes" -}}
secretName: {{ .Values.secretStore.kubernetesSettings.secretName }}
{{- end -}}

{{- define "operator.store.vault" -}}
{{- $vault := .Values.secretStore.vaultSettings -}}
{{- if not $vault.endpoint }}
{{- fail "secretStore.vaultSettings.endpoint is not set: say where Vault is, such as https://vault.vault.svc:8200." }}
{{- end }}
{{- if not (regexMatch "^/v1/[^/]+/.+" $vault.path) }}
{{- fail (printf "secretStore.vaultSettings.path is %q: write the path of Vault's API, /v1/secret/data/iomete/poc for KV version 2 or /v1/secret/iomete/poc for version 1." $vault.path) }}
{{- end }}
{{- if $vault.tokenSecret.name }}
{{- if not $vault.tokenSecret.key }}
{{- fail "secretStore.vaultSettings.tokenSecret.key is not set: say which key of the Secret holds the token." }}
{{- end }}
{{- end }}
{{- $ways := list -}}
{{- if $vault.token }}{{ $ways = append $ways "token" }}{{ end -}}
{{- if $vault.tokenSecret.name }}{{ $ways = append $ways "tokenSecret" }}{{ end -}}
{{- if $vault.auth }}{{ $ways = append $ways "auth" }}{{ end -}}
{{- if ne (len $ways) 1 }}
{{- fail (printf "secretStore.vaultSettings: set exactly one of token, tokenSecret (its name) and auth. Set: %s." (join ", " $ways | default "none")) }}
{{- end -}}
endpoint: {{ $vault.endpoint }}
path: {{ $vault.path }}
{{- with $vault.namespace }}
namespace: {{ . }}
{{- end }}
{{- with $vault.dynamicPaths }}
dynamicPaths:
  {{- toYaml . | nindent 2 }}
{{- end }}
auth:
  {{- if $vault.auth }}
  {{- toYaml $vault.auth | nindent 2 }}
  {{- else }}
  tokenSecretRef:
    {{- include "operator.store.reference" (dict "root" . "clear" $vault.token "key" "token" "secret" $vault.tokenSecret) | nindent 4 }}
  {{- end }}
{{- with $vault.tls }}
tls:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "operator.store.database" -}}
{{- $database := .Values.secretStore.databaseSettings -}}
{{- if and $database.url $database.urlSecret.name }}
{{- fail "secretStore.databaseSettings: url and urlSecret are both set. Keep urlSecret." }}
{{- end }}
{{- if not (or $database.url $database.urlSecret.name) }}
{{- fail "secretStore.databaseSettings.urlSecret.name is not set: put postgresql://USER:PASSWORD@HOST:PORT/DATABASE into a Secret of the release's namespace, and name it." }}
{{- end }}
{{- if and (not $database.encryptionKeySecret.name) (not $database.allowPlaintext) }}
{{- fail "secretStore.databaseSettings.encryptionKeySecret.name is not set: make a key (kubectl create secret generic NAME --from-literal=key=\"$(openssl rand -base64 32)\") and name its Secret, or set allowPlaintext for a trial." }}
{{- end -}}
client: pg
connectionSecretRef:
  {{- include "operator.store.reference" (dict "root" . "clear" $database.url "key" "url" "secret" $database.urlSecret) | nindent 2 }}
table: {{ $database.table }}
{{- if $database.encryptionKeySecret.name }}
encryption:
  keySecretRef:
    {{- toYaml $database.encryptionKeySecret | nindent 4 }}
{{- else }}
allowPlaintext: true
{{- end }}
{{- end -}}

{{/* A key of a Secret: the chart's own when the value was given in clear. */}}
{{- define "operator.store.reference" -}}
{{- if .clear -}}
name: {{ include "operator.storeSecret" .root }}
key: {{ .key }}
{{- else -}}
name: {{ .secret.name }}
key: {{ .secret.key }}
{{- end -}}
{{- end -}}

{{- define "operator.storeSecret" -}}
{{- printf "%s-store" (include "operator.name" .) -}}
{{- end -}}

{{/* What was given in clear, as data of a Secret; nothing if nothing was. */}}
{{- define "operator.clearText" -}}
{{- $store := .Values.secretStore -}}
{{- if and (eq $store.type "vault") $store.vaultSettings.token -}}
token: {{ $store.vaultSettings.token | quote }}
{{- else if and (eq $store.type "database") $store.databaseSettings.url -}}
url: {{ $store.databaseSettings.url | quote }}
{{- end -}}
{{- end -}}
