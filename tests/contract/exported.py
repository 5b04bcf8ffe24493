"""Every metric that the services export, with its type, labels and meaning, from the objects that export it."""

from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from typing import Any, NamedTuple

from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase

from apiserver.metrics import Metrics as GatewayMetrics
from apiserver.places import Places
from apiserver.pool_metrics import PoolMetrics
from apiserver.shared_metrics import SharedMetrics
from apiserver.state_metrics import StateMetrics
from apiserver.worker_metrics import WorkerMetrics
from vectorizer.metrics import Metrics as VectorizerMetrics
