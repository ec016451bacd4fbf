# What the operator may do in Vault: read the keys of this store, and list its groups for envFrom.
path "secret/data/iomete/poc/*" {
  capabilities = ["read"]
}
path "secret/metadata/iomete/poc/*" {
  capabilities = ["list"]
}
