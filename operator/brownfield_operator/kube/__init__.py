"""The way to the Kubernetes API: one small port (`port.KubePort`), raw JSON in and out, and what stands on it."""
