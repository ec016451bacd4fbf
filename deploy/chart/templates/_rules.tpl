{{/*
What a process of the operator may do, by its roles: (dict "root" $ "process" PROCESS). Every rule starts with its reason: a test
refuses one without. The rules are in three parts: with the value namespaces the first is a Role in each of them, else it
is part of the ClusterRole.
*/}}

{{/* The namespaces that are watched, as a YAML list: the release's own, then those of the values. Empty: the whole cluster. */}}
{{- define "operator.watchNamespaces" -}}
{{- $listed := .Values.namespaces | default list -}}
{{- $namespaces := ternary (prepend $listed .Release.Namespace | uniq) list (gt (len $listed) 0) -}}
{{- range .Values.identityNamespaces }}
{{- if and $namespaces (not (has . $namespaces)) }}
{{- fail (printf "identityNamespaces: stores in namespace %s are not seen, as it is not in the list of namespaces: add it there, or take it out here." .) }}
{{- end }}
{{- end }}
{{- toYaml $namespaces -}}
{{- end -}}

{{/* In the namespaces with stores, bindings and Spark jobs. */}}
{{- define "operator.rules.anywhere" -}}
{{- $isController := has "controller" .process.roles }}
{{- $isApi := has "api" .process.roles }}
{{- if or $isController $isApi }}
# Reads its own two kinds. What they ask for is written by people, never by the operator.
- apiGroups: [secrets.iomete.com]
  resources: [secretstoreconfigs, sparkjobsecretbindings]
  verbs: [list, watch]
{{- else }}
# Reads which bindings there are for a pod.
- apiGroups: [secrets.iomete.com]
  resources: [sparkjobsecretbindings]
  verbs: [list, watch]
{{- end }}
{{- if $isController }}
# Looks up the one store that the command `rewrap NAMESPACE/STORE` names.
- apiGroups: [secrets.iomete.com]
  resources: [secretstoreconfigs]
  verbs: [get]
# Looks, when a driver started without the secrets of a binding, at when that binding was last changed.
- apiGroups: [secrets.iomete.com]
  resources: [sparkjobsecretbindings]
  verbs: [get]
# Reports conditions on them by server-side apply, which is a patch.
- apiGroups: [secrets.iomete.com]
  resources: [secretstoreconfigs/status, sparkjobsecretbindings/status]
  verbs: [patch]
{{- end }}
{{- if $isApi }}
# Notes on a store, by an annotation, that a replica which does not lead has written to it, so that the leader reads it
# anew. Server-side apply of that annotation alone; its spec is written by people. Only stores that don't push get one.
- apiGroups: [secrets.iomete.com]
  resources: [secretstoreconfigs]
  verbs: [patch]
{{- end }}
{{- if $isController }}
# Makes a binding the blocking owner of its Secret, which a cluster with OwnerReferencesPermissionEnforcement only
# grants to who may set the owner's finalizers. The Secret then goes with its binding.
- apiGroups: [secrets.iomete.com]
  resources: [sparkjobsecretbindings/finalizers]
  verbs: [update]
# Reads the Secrets that are a Kubernetes store or hold a store's credentials, and writes one Secret per binding beside
# it, and one per run for those of scope Application; with files two. None has a name that is known beforehand, so that
# resourceNames cannot narrow this. It never deletes: the garbage collector removes a binding's Secrets with the binding,
# and a run's with its driver. Updates also take the finalizer off a run's Secret, when its credentials on lease were revoked.
- apiGroups: ['']
  resources: [secrets]
  verbs: [get, list, watch, create, update]
{{- else if $isApi }}
# Reads the Secrets that are a Kubernetes store or hold a store's credentials, and writes those of a Kubernetes store when
# somebody adds, changes or removes a key. None has a name that is known beforehand, so that resourceNames cannot narrow this.
- apiGroups: ['']
  resources: [secrets]
  verbs: [get, list, watch, create, update]
{{- else }}
# Watches by their label the Secrets of bindings, to tell for which spec one is complete. It drops their values on arrival;
# a right on the label or on the metadata alone is not to be had.
- apiGroups: ['']
  resources: [secrets]
  verbs: [list, watch]
{{- end }}
{{- if or $isController $isApi }}
# Watches the metadata of driver pods that it has changed (label secrets.iomete.com/injected=true), to list in a
# binding's status, and by the API, the applications that use it, and to make a run's Secret; and of those that it has
# not, to tell when one should have secrets. It never writes a pod: the webhook answers the API server's question.
- apiGroups: ['']
  resources: [pods]
  verbs: [list, watch]
{{- end }}
{{- if $isApi }}
# Reads the one pod that somebody asks the API to explain, who has to be allowed to get it: nothing of its content is told
# but names of variables and the references in them. And the pod, or its driver, that asks with its own token for a value:
# its labels say which bindings are for it.
- apiGroups: ['']
  resources: [pods]
  verbs: [get]
{{- end }}
{{- if $isController }}
# Evicts the driver of an application whose binding asks for a restart when a value changes (rotation.onChange: Restart),
# and only when the application's own operator brings it back. An eviction keeps PodDisruptionBudgets.
- apiGroups: ['']
  resources: [pods/eviction]
  verbs: [create]
# Looks at one application before that, by its name: whether its restart policy brings it back. Neither kind need be there.
- apiGroups: [sparkoperator.k8s.io, spark.apache.org]
  resources: [sparkapplications]
  verbs: [get]
# Tells on a store, a binding, a driver pod or an application what happened, for kubectl describe.
- apiGroups: ['']
  resources: [events]
  verbs: [create]
{{- end }}
{{- end -}}

{{/* On things that belong to no namespace. */}}
{{- define "operator.rules.cluster" -}}
{{- $isController := has "controller" .process.roles }}
{{- $isApi := has "api" .process.roles }}
{{- if or $isController $isApi }}
# Compares the labels of a namespace with the selectors in a store's access list.
- apiGroups: ['']
  resources: [namespaces]
  verbs: [list, watch]
{{- end }}
{{- if $isApi }}
# Asks the API server whose token a caller of the API sent.
- apiGroups: [authentication.k8s.io]
  resources: [tokenreviews]
  verbs: [create]
# Asks it what that caller may do with keys, bindings and pods.
- apiGroups: [authorization.k8s.io]
  resources: [subjectaccessreviews]
  verbs: [create]
{{- end }}
{{- if $isController }}
# Keeps the covered namespaces and the certificate authority in its own webhook configuration. The chart creates the
# object, so that the operator needs no right to create one and no right on anybody else's.
- apiGroups: [admissionregistration.k8s.io]
  resources: [mutatingwebhookconfigurations]
  resourceNames: [{{ include "operator.name" .root }}]
  verbs: [list, watch, patch, update]
{{- end }}
{{- end -}}

{{/* In the operator's own namespace. */}}
{{- define "operator.rules.home" -}}
{{- $isController := has "controller" .process.roles }}
{{- if $isController }}
# Makes the lease of the leader's election again when somebody deletes it, which is a way to force an election. The API
# server cannot narrow the creation of an object by its name.
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create]
# Takes part in that election, and in no other.
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [{{ include "operator.name" .root }}]
  verbs: [get, update]
{{- end }}
{{- if or $isController (has "api" .process.roles) }}
# Asks for tokens of its own ServiceAccount, and no other's, to log in to Vault with (auth kubernetes or jwt).
- apiGroups: ['']
  resources: [serviceaccounts/token]
  resourceNames: [{{ .process.account }}]
  verbs: [create]
{{- end }}
{{- $isOwn := not .root.Values.certificates.certManager.enabled }}
{{- if $isController }}
# Tells clients, and the replicas, which certificate authorities are trusted. Makes that ConfigMap again when somebody deletes it.
- apiGroups: ['']
  resources: [configmaps]
  resourceNames: [{{ include "operator.caConfigMap" .root }}]
  verbs: [list, watch, create, patch]
{{- else }}
# Sees which certificate authorities are trusted.
- apiGroups: ['']
  resources: [configmaps]
  resourceNames: [{{ include "operator.caConfigMap" .root }}]
  verbs: [list, watch]
{{- end }}
{{- if and $isController $isOwn }}
# Makes the Secret with the webhook's certificate again when somebody deletes it, which is a way to get a new one.
- apiGroups: ['']
  resources: [secrets]
  verbs: [create]
# Shares the webhook's certificate among the replicas and renews it. The rules for watched namespaces cover this too; it
# is said here as well, because these are the ones that it needs to run.
- apiGroups: ['']
  resources: [secrets]
  resourceNames: [{{ include "operator.certificateSecret" .root }}]
  verbs: [list, watch, update]
{{- else }}
# Serves with the webhook's certificate.
- apiGroups: ['']
  resources: [secrets]
  resourceNames: [{{ include "operator.certificateSecret" .root }}]
  verbs: [list, watch]
{{- end }}
{{- end -}}
