//go:build tools

// Package coredns only names the program, so that go.mod and go.sum pin it.
package coredns

import _ "github.com/coredns/coredns"
