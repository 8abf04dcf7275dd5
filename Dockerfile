# One file, a target per component. Each image holds its component's own dependencies and nothing else; all Python
# images share one base and, where they speak to the spine, one layer of common dependencies.
#
#   docker build --target adapter --tag brownfield-adapter .
#   docker buildx build --platform linux/amd64,linux/arm64 --target adapter --tag REGISTRY/brownfield-adapter:TAG --push .
#
# Any base with Python 3.11 or newer will do: --build-arg BASE=… . Where there is no network, wheels in
# hack/images/locks/wheelhouse (pip's own among them) are taken instead; `python -m hack.images build` puts them there.
# Nothing in this file knows a processor: every dependency comes as a wheel, for amd64 and arm64 alike.
ARG BASE=python:3.13-slim


# pip, as a folder that the stages below mount while they install; no image keeps it.
FROM ${BASE} AS installer
COPY hack/images/locks/installer.txt /locks/installer.txt
RUN --mount=type=bind,source=hack/images/locks,target=/build \
    set -- /build/wheelhouse/pip-*.whl; \
    if [ -e "$1" ]; then printf '[install]\nno-index = true\nfind-links = /build/wheelhouse\n' > /etc/pip.conf; \
    python3 "$1/pip" install --require-hashes --no-deps --target /pip --requirement /locks/installer.txt; \
    else python3 -m pip install --require-hashes --no-deps --target /pip --requirement /locks/installer.txt; \
    touch /etc/pip.conf; fi
COPY hack/images/install.py /install.py


# The environment every Python image starts from: no pip, nothing to compile at the start, nothing written beside the
# sources, the user that Kubernetes' restricted pods run as.
FROM ${BASE} AS base
RUN rm -rf /usr/local/bin/pip* /usr/local/lib/python3*/ensurepip /usr/local/lib/python3*/site-packages/pip* \
    && python3 -m venv --without-pip /opt/brownfield \
    && echo 'nonroot:x:65532:65532:nonroot:/tmp:/usr/sbin/nologin' >> /etc/passwd \
    && echo 'nonroot:x:65532:' >> /etc/group
COPY LICENSE NOTICE /opt/brownfield/
ENV PATH=/opt/brownfield/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONPATH=/opt/brownfield/app \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONSAFEPATH=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp
LABEL org.opencontainers.image.licenses=Apache-2.0


FROM base AS contract
COPY hack/images/locks/contract.txt /opt/brownfield/locks/
RUN --mount=type=bind,from=installer,target=/installer --mount=type=bind,source=hack/images/locks,target=/build \
    python /installer/install.py contract


# What everything that speaks to the spine needs.
FROM contract AS client
COPY hack/images/locks/client.txt /opt/brownfield/locks/
RUN --mount=type=bind,from=installer,target=/installer --mount=type=bind,source=hack/images/locks,target=/build \
    python /installer/install.py client


FROM client AS operator
COPY hack/images/locks/operator.txt /opt/brownfield/locks/
RUN --mount=type=bind,from=installer,target=/installer --mount=type=bind,source=hack/images/locks,target=/build \
    python /installer/install.py operator
COPY api/brownfield_api /opt/brownfield/app/brownfield_api
COPY spine/brownfield_spine /opt/brownfield/app/brownfield_spine
COPY planner/brownfield_planner /opt/brownfield/app/brownfield_planner
COPY slo/brownfield_slo /opt/brownfield/app/brownfield_slo
COPY operator/brownfield_operator /opt/brownfield/app/brownfield_operator
RUN python -m compileall -q --invalidation-mode unchecked-hash /opt/brownfield/app
USER 65532:65532
ENTRYPOINT ["python", "-m", "brownfield_operator"]


FROM client AS adapter
COPY hack/images/locks/adapter.txt /opt/brownfield/locks/
RUN --mount=type=bind,from=installer,target=/installer --mount=type=bind,source=hack/images/locks,target=/build \
    python /installer/install.py adapter
COPY api/brownfield_api /opt/brownfield/app/brownfield_api
COPY spine/brownfield_spine /opt/brownfield/app/brownfield_spine
COPY adapters/brownfield_adapters /opt/brownfield/app/brownfield_adapters
RUN python -m compileall -q --invalidation-mode unchecked-hash /opt/brownfield/app
USER 65532:65532
ENTRYPOINT ["python", "-m", "brownfield_adapters"]


FROM client AS pipeline
COPY hack/images/locks/pipeline.txt /opt/brownfield/locks/
RUN --mount=type=bind,from=installer,target=/installer --mount=type=bind,source=hack/images/locks,target=/build \
    python /installer/install.py pipeline
COPY api/brownfield_api /opt/brownfield/app/brownfield_api
COPY spine/brownfield_spine /opt/brownfield/app/brownfield_spine
COPY pipeline/brownfield_pipeline /opt/brownfield/app/brownfield_pipeline
RUN python -m compileall -q --invalidation-mode unchecked-hash /opt/brownfield/app
USER 65532:65532
ENTRYPOINT ["python", "-m", "brownfield_pipeline"]


FROM client AS twin
COPY hack/images/locks/twin.txt /opt/brownfield/locks/
RUN --mount=type=bind,from=installer,target=/installer --mount=type=bind,source=hack/images/locks,target=/build \
    python /installer/install.py twin
COPY api/brownfield_api /opt/brownfield/app/brownfield_api
COPY spine/brownfield_spine /opt/brownfield/app/brownfield_spine
COPY twin/brownfield_twin /opt/brownfield/app/brownfield_twin
RUN python -m compileall -q --invalidation-mode unchecked-hash /opt/brownfield/app
USER 65532:65532
ENTRYPOINT ["python", "-m", "brownfield_twin"]


# Simulated machines and the records they play; only for demonstrations and tests.
FROM contract AS plant
COPY hack/images/locks/plant.txt /opt/brownfield/locks/
RUN --mount=type=bind,from=installer,target=/installer --mount=type=bind,source=hack/images/locks,target=/build \
    python /installer/install.py plant
COPY examples/wind-farm/plant /opt/brownfield/examples/wind-farm/plant
COPY api/brownfield_api /opt/brownfield/app/brownfield_api
COPY plant/brownfield_plant /opt/brownfield/app/brownfield_plant
RUN python -m compileall -q --invalidation-mode unchecked-hash /opt/brownfield/app
USER 65532:65532
ENTRYPOINT ["python", "-m", "brownfield_plant"]
CMD ["--example", "/opt/brownfield/examples/wind-farm/plant"]


# The command line with everything it can run: for pipelines of changes (`check`, `render`) and single machines (`run`).
FROM client AS cli
COPY hack/images/locks/cli.txt /opt/brownfield/locks/
RUN --mount=type=bind,from=installer,target=/installer --mount=type=bind,source=hack/images/locks,target=/build \
    python /installer/install.py cli
COPY api/brownfield_api /opt/brownfield/app/brownfield_api
COPY spine/brownfield_spine /opt/brownfield/app/brownfield_spine
COPY planner/brownfield_planner /opt/brownfield/app/brownfield_planner
COPY slo/brownfield_slo /opt/brownfield/app/brownfield_slo
COPY adapters/brownfield_adapters /opt/brownfield/app/brownfield_adapters
COPY pipeline/brownfield_pipeline /opt/brownfield/app/brownfield_pipeline
COPY twin/brownfield_twin /opt/brownfield/app/brownfield_twin
COPY plant/brownfield_plant /opt/brownfield/app/brownfield_plant
COPY operator/brownfield_operator /opt/brownfield/app/brownfield_operator
COPY cli/brownfield_cli /opt/brownfield/app/brownfield_cli
COPY examples/wind-farm /opt/brownfield/app/brownfield_cli/examples/wind-farm
RUN python -m compileall -q --invalidation-mode unchecked-hash /opt/brownfield/app
USER 65532:65532
ENTRYPOINT ["python", "-m", "brownfield_cli"]


# The broker alone: a static program needs no base to go wrong with. The certificates are for sites that connect to a
# hub over TLS.
FROM base AS broker
COPY hack/images/locks/spine.txt /opt/brownfield/locks/
RUN --mount=type=bind,from=installer,target=/installer --mount=type=bind,source=hack/images/locks,target=/build \
    python /installer/install.py spine

FROM scratch AS spine
COPY --from=broker /etc/passwd /etc/group /etc/
COPY --from=broker /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=broker /opt/brownfield/bin/nats-server /usr/local/bin/nats-server
COPY LICENSE NOTICE /
LABEL org.opencontainers.image.licenses=Apache-2.0
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/nats-server"]
CMD ["--config", "/etc/nats/nats.conf"]
