//go:build tools

// Package etcd only names the program, so that go.mod and go.sum pin it.
package etcd

import _ "go.etcd.io/etcd/server/v3"
