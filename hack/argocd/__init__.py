"""A real Argo CD beside a cluster of `hack.cluster`: built from its Go module, run as processes of this machine.

    python -m hack.argocd up --kubeconfig FILE    starts it; prints the git repository it reads
    python -m hack.argocd down                    stops it and takes what it needs out of the cluster
    python -m hack.argocd build                   builds it, if need be, and prints the program's path
    python -m hack.argocd customizations          writes examples/argocd/argocd-cm.yaml from the health checks
    python -m hack.argocd customizations --check  fails if the file is not what the health checks say

Tests use `argocd.ArgoCd`, a context manager, and `health.evaluate`, which needs no cluster. What runs is Argo CD's
own repository server and application controller with Debian's Redis; its web server and notifications are left out.
"""
