//go:build tools

// Package kubeflow only names the program, so that go.mod and go.sum pin it.
package kubeflow

import _ "github.com/kubeflow/spark-operator/v2/cmd/operator"
