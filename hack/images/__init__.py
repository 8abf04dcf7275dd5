"""Builds the project's images and says how large they are.

    python -m hack.images build [TARGET...]    builds what changed; prints name, size and archive of each
    python -m hack.images values               Helm values that name the images as they are built now
    python -m hack.images lock                 compiles hack/images/locks from pyproject.toml and requirements.lock

A target is rebuilt when anything it is made from has changed, and its tag is the hash of that: equal sources, equal
tag. The archives (format of `docker save`) are for `python -m hack.cluster load-image` and `docker load`.

Where Docker or Podman is, it builds, from python:3.13-slim and the network. Elsewhere buildah does, from a base made
of Debian packages and from wheels that were fetched before, so that the build itself needs no network.
"""
