"""The operator: resources in, Kubernetes objects and statuses out. No sample ever passes through it."""
