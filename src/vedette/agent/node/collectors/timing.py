"""Clocks: wall time, time zone, clock sources, and how well the kernel's clock is disciplined (adjtimex)."""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Iterator

from vedette.agent.node.families import Family, counter, gauge
from vedette.agent.node.host import Host, read_or


def wall_time(host: Host) -> Iterator[Family]:
    now = time.time()
    yield gauge("time_seconds", "This machine's clock, in seconds since 1970.").add(now)
    zone = time.localtime(now)
    yield gauge("time_zone_offset_seconds", "Offset of the local time zone from UTC, in seconds.").add(
        zone.tm_gmtoff, time_zone=zone.tm_zone
    )
    available = gauge("time_clocksource_available_info", "Clock sources that the kernel can use; always 1.")
    current = gauge("time_clocksource_current_info", "The clock source in use; always 1.")
    for folder in host.sys_folders("devices/system/clocksource"):
        if folder.name.startswith("clocksource"):
            device = folder.name.removeprefix("clocksource")
            for source in read_or(folder / "available_clocksource").split():
                available.add(1, device=device, clocksource=source)
            current.add(1, device=device, clocksource=read_or(folder / "current_clocksource"))
    yield available
    yield current


class Timex(ctypes.Structure):
    """`struct timex` of adjtimex(2) on 64-bit Linux."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        *((name, ctypes.c_long) for name in ("offset", "freq", "maxerror", "esterror")),
        ("status", ctypes.c_int),
        *(
            (name, ctypes.c_long)
            for name in ("constant", "precision", "tolerance", "seconds", "microseconds", "tick", "ppsfreq", "jitter")
        ),
        ("shift", ctypes.c_int),
        *((name, ctypes.c_long) for name in ("stabil", "jitcnt", "calcnt", "errcnt", "stbcnt")),
        ("tai", ctypes.c_int),
        ("reserved", ctypes.c_int * 11),
    )


STA_NANO = 0x2000
TIME_ERROR = 5
PPM_16_FRACTION = 1_000_000.0 * 65_536.0
"""Frequencies are parts per million with 16 bits of fraction."""


def timex(host: Host) -> Iterator[Family]:
    clock = Timex()
    state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(clock))
    if state < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    unit = 1e9 if clock.status & STA_NANO else 1e6
    for name, value, text in (
        ("offset_seconds", clock.offset / unit, "Offset between the local clock and its reference, in seconds."),
        ("frequency_adjustment_ratio", 1 + clock.freq / PPM_16_FRACTION, "Adjustment of the local clock's frequency."),
        ("maxerror_seconds", clock.maxerror / 1e6, "Largest error, in seconds."),
        ("estimated_error_seconds", clock.esterror / 1e6, "Estimated error, in seconds."),
        ("status", clock.status, "Status bits of the clock (STA_*)."),
        ("sync_status", state != TIME_ERROR, "1 if the clock is synchronised."),
        ("loop_time_constant", clock.constant, "Time constant of the phase-locked loop."),
        ("tick_seconds", clock.tick / 1e6, "Time between clock ticks, in seconds."),
        ("tai_offset_seconds", clock.tai, "Offset of international atomic time, in seconds."),
        ("pps_frequency_hertz", clock.ppsfreq / PPM_16_FRACTION, "Frequency of the pulse-per-second signal."),
        ("pps_jitter_seconds", clock.jitter / unit, "Jitter of the pulse-per-second signal, in seconds."),
        ("pps_shift_seconds", clock.shift, "Interval of the pulse-per-second signal, in seconds."),
        ("pps_stability_hertz", clock.stabil / PPM_16_FRACTION, "Stability of the pulse-per-second signal."),
    ):
        yield gauge(f"timex_{name}", text).add(float(value))
    for name, value, text in (
        ("pps_jitter_total", clock.jitcnt, "Pulses whose jitter was too large."),
        ("pps_calibration_total", clock.calcnt, "Calibration intervals of the pulse-per-second signal."),
        ("pps_error_total", clock.errcnt, "Calibration errors of the pulse-per-second signal."),
        ("pps_stability_exceeded_total", clock.stbcnt, "Times that the stability limit was exceeded."),
    ):
        yield counter(f"timex_{name}", text).add(value)
