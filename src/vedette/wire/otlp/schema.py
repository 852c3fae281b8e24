"""The messages of OTLP metrics as tables: what both the reader of single points and the JSON transcoder go by.

Spec: opentelemetry-proto metrics/v1, common/v1, resource/v1, collector/metrics/v1.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Type(Enum):
    TEXT = "string"
    BYTES = "bytes"
    HEX = "bytes, in JSON hexadecimal"
    BOOL = "bool"
    INT = "int64"
    UINT = "uint64"
    ZIGZAG = "sint32"
    FIXED = "fixed64"
    SIGNED_FIXED = "sfixed64"
    DOUBLE = "double"
    TEMPORALITY = "enum"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Field:
    number: int
    type: Type
    message: str = ""
    repeated: bool = False


Message = dict[str, Field]
"""Fields by their JSON names."""


def _message(name: str, number: int, *, repeated: bool = False) -> Field:
    return Field(number, Type.MESSAGE, name, repeated)


_POINT: Final[Message] = {"startTimeUnixNano": Field(2, Type.FIXED), "timeUnixNano": Field(3, Type.FIXED)}

MESSAGES: Final[dict[str, Message]] = {
    "Request": {"resourceMetrics": _message("ResourceMetrics", 1, repeated=True)},
    "ResourceMetrics": {
        "resource": _message("Resource", 1),
        "scopeMetrics": _message("ScopeMetrics", 2, repeated=True),
        "schemaUrl": Field(3, Type.TEXT),
    },
    "Resource": {"attributes": _message("KeyValue", 1, repeated=True)},
    "ScopeMetrics": {
        "scope": _message("Scope", 1),
        "metrics": _message("Metric", 2, repeated=True),
        "schemaUrl": Field(3, Type.TEXT),
    },
    "Scope": {
        "name": Field(1, Type.TEXT),
        "version": Field(2, Type.TEXT),
        "attributes": _message("KeyValue", 3, repeated=True),
    },
    "Metric": {
        "name": Field(1, Type.TEXT),
        "description": Field(2, Type.TEXT),
        "unit": Field(3, Type.TEXT),
        "gauge": _message("Gauge", 5),
        "sum": _message("Sum", 7),
        "histogram": _message("Histogram", 9),
        "exponentialHistogram": _message("ExponentialHistogram", 10),
        "summary": _message("Summary", 11),
    },
    "Gauge": {"dataPoints": _message("NumberDataPoint", 1, repeated=True)},
    "Sum": {
        "dataPoints": _message("NumberDataPoint", 1, repeated=True),
        "aggregationTemporality": Field(2, Type.TEMPORALITY),
        "isMonotonic": Field(3, Type.BOOL),
    },
    "Histogram": {
        "dataPoints": _message("HistogramDataPoint", 1, repeated=True),
        "aggregationTemporality": Field(2, Type.TEMPORALITY),
    },
    "ExponentialHistogram": {
        "dataPoints": _message("ExponentialHistogramDataPoint", 1, repeated=True),
        "aggregationTemporality": Field(2, Type.TEMPORALITY),
    },
    "Summary": {"dataPoints": _message("SummaryDataPoint", 1, repeated=True)},
    "NumberDataPoint": {
        **_POINT,
        "asDouble": Field(4, Type.DOUBLE),
        "exemplars": _message("Exemplar", 5, repeated=True),
        "asInt": Field(6, Type.SIGNED_FIXED),
        "attributes": _message("KeyValue", 7, repeated=True),
        "flags": Field(8, Type.UINT),
    },
    "HistogramDataPoint": {
        **_POINT,
        "count": Field(4, Type.FIXED),
        "sum": Field(5, Type.DOUBLE),
        "bucketCounts": Field(6, Type.FIXED, repeated=True),
        "explicitBounds": Field(7, Type.DOUBLE, repeated=True),
        "exemplars": _message("Exemplar", 8, repeated=True),
        "attributes": _message("KeyValue", 9, repeated=True),
        "flags": Field(10, Type.UINT),
        "min": Field(11, Type.DOUBLE),
        "max": Field(12, Type.DOUBLE),
    },
    "ExponentialHistogramDataPoint": {
        **_POINT,
        "attributes": _message("KeyValue", 1, repeated=True),
        "count": Field(4, Type.FIXED),
        "sum": Field(5, Type.DOUBLE),
        "scale": Field(6, Type.ZIGZAG),
        "zeroCount": Field(7, Type.FIXED),
        "positive": _message("Buckets", 8),
        "negative": _message("Buckets", 9),
        "flags": Field(10, Type.UINT),
        "exemplars": _message("Exemplar", 11, repeated=True),
        "min": Field(12, Type.DOUBLE),
        "max": Field(13, Type.DOUBLE),
        "zeroThreshold": Field(14, Type.DOUBLE),
    },
    "Buckets": {"offset": Field(1, Type.ZIGZAG), "bucketCounts": Field(2, Type.UINT, repeated=True)},
    "SummaryDataPoint": {
        **_POINT,
        "count": Field(4, Type.FIXED),
        "sum": Field(5, Type.DOUBLE),
        "quantileValues": _message("ValueAtQuantile", 6, repeated=True),
        "attributes": _message("KeyValue", 7, repeated=True),
        "flags": Field(8, Type.UINT),
    },
    "ValueAtQuantile": {"quantile": Field(1, Type.DOUBLE), "value": Field(2, Type.DOUBLE)},
    "Exemplar": {
        "timeUnixNano": Field(2, Type.FIXED),
        "asDouble": Field(3, Type.DOUBLE),
        "spanId": Field(4, Type.HEX),
        "traceId": Field(5, Type.HEX),
        "asInt": Field(6, Type.SIGNED_FIXED),
        "filteredAttributes": _message("KeyValue", 7, repeated=True),
    },
    "KeyValue": {"key": Field(1, Type.TEXT), "value": _message("AnyValue", 2)},
    "AnyValue": {
        "stringValue": Field(1, Type.TEXT),
        "boolValue": Field(2, Type.BOOL),
        "intValue": Field(3, Type.INT),
        "doubleValue": Field(4, Type.DOUBLE),
        "arrayValue": _message("ArrayValue", 5),
        "kvlistValue": _message("KeyValueList", 6),
        "bytesValue": Field(7, Type.BYTES),
    },
    "ArrayValue": {"values": _message("AnyValue", 1, repeated=True)},
    "KeyValueList": {"values": _message("KeyValue", 1, repeated=True)},
}

MESSAGES["ScopeHead"] = {key: field for key, field in MESSAGES["ScopeMetrics"].items() if key != "metrics"}
MESSAGES["MetricHead"] = {key: field for key, field in MESSAGES["Metric"].items() if field.type is not Type.MESSAGE}

BY_NUMBER: Final = {
    name: {field.number: (key, field) for key, field in fields.items()} for name, fields in MESSAGES.items()
}
DEPTH_MAX: Final = 64
"""Of values within values; protobuf's own limit is 100 messages."""
