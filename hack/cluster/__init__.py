"""Clusters for development and tests: a real Kubernetes on this machine, made and removed by one command.

    python -m hack.cluster up [NAME] [--provider local|kind]     ready in seconds; prints the kubeconfig's path
    python -m hack.cluster down [NAME]                           leaves nothing behind
    python -m hack.cluster load-image NAME ARCHIVE|IMAGE...      pods then find the images without a registry
    python -m hack.cluster kubeconfig [NAME]                     prints the path
    python -m hack.cluster tools                                 prints the folder of kubectl and helm, for PATH
    python -m hack.cluster base-image                            prints the archive of the Python base image

Two providers: `local` builds Kubernetes from its Go modules and runs it in a network namespace of its own (Linux,
root, no container engine, no registry); `kind` uses Docker or Podman. `control_plane.ControlPlane` is the third
tier: etcd and an API server on loopback, without root, for tests that need no pods.
"""
