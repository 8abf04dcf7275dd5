import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "apiserver: needs etcd and kube-apiserver, built by hack.cluster")
