from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.agent.trees import values, write
from vedette.agent.node.collectors import cpu, hardware, hwmon, infiniband, ipvs, network_cards, power
from vedette.agent.node.host import NoData


def test_hyperthreads_of_one_core_count_its_throttles_once(tmp_path: Path) -> None:
    files = {"proc/stat": "", "sys/devices/system/cpu/isolated": "1,3-4\n"}
    for number, core in ((0, 0), (1, 1), (2, 0)):
        folder = f"sys/devices/system/cpu/cpu{number}"
        files |= {
            f"{folder}/topology/physical_package_id": "0\n",
            f"{folder}/topology/core_id": f"{core}\n",
            f"{folder}/thermal_throttle/core_throttle_count": f"{5 + core}\n",
            f"{folder}/thermal_throttle/package_throttle_count": "30\n",
        }
    assert values(cpu.cpu(write(tmp_path, files))) == {
        'node_cpu_core_throttles_total{package="0",core="0"}': 5,
        'node_cpu_core_throttles_total{package="0",core="1"}': 6,
        'node_cpu_package_throttles_total{package="0"}': 30,
        'node_cpu_isolated{cpu="1"}': 1,
        'node_cpu_isolated{cpu="3"}': 1,
        'node_cpu_isolated{cpu="4"}': 1,
    }


def test_frequencies_are_hertz_and_one_governor_is_in_use(tmp_path: Path) -> None:
    folder = "sys/devices/system/cpu/cpu11/cpufreq"
    host = write(
        tmp_path,
        {
            f"{folder}/scaling_cur_freq": "1699981\n",
            f"{folder}/scaling_governor": "powersave\n",
            f"{folder}/scaling_available_governors": "performance powersave\n",
        },
    )
    assert values(cpu.cpufreq(host)) == {
        'node_cpu_scaling_frequency_hertz{cpu="11"}': 1_699_981_000,
        'node_cpu_scaling_governor{cpu="11",governor="performance"}': 0,
        'node_cpu_scaling_governor{cpu="11",governor="powersave"}': 1,
    }


def test_schedstat_counts_nanoseconds(tmp_path: Path) -> None:
    text = "version 15\ntimestamp 15\ncpu0 1 0 2 3 4 5 2500000000 500000000 7\ndomain0 03 1 2\n"
    assert values(cpu.schedstat(write(tmp_path, {"proc/schedstat": text}))) == {
        'node_schedstat_running_seconds_total{cpu="0"}': 2.5,
        'node_schedstat_waiting_seconds_total{cpu="0"}': 0.5,
        'node_schedstat_timeslices_total{cpu="0"}': 7,
    }


def test_dmi_leaves_out_what_only_root_may_read(tmp_path: Path) -> None:
    host = write(tmp_path, {"sys/class/dmi/id/sys_vendor": "Maker\n", "sys/class/dmi/id/chassis_version": "\n"})
    assert values(hardware.dmi(host)) == {'node_dmi_info{chassis_version="",system_vendor="Maker"}': 1}


def test_memory_errors_are_counted_by_controller_row_and_channel(tmp_path: Path) -> None:
    base = "sys/devices/system/edac/mc/mc0"
    host = write(
        tmp_path,
        {
            f"{base}/ce_count": "1\n",
            f"{base}/ce_noinfo_count": "2\n",
            f"{base}/csrow1/ce_count": "3\n",
            f"{base}/csrow1/ch0_ce_count": "4\n",
            f"{base}/csrow1/ch0_dimm_label": "mc#0csrow#1channel#0\n",
        },
    )
    assert values(hardware.edac(host)) == {
        'node_edac_correctable_errors_total{controller="0"}': 1,
        'node_edac_csrow_correctable_errors_total{controller="0",csrow="unknown"}': 2,
        'node_edac_csrow_correctable_errors_total{controller="0",csrow="1"}': 3,
        "node_edac_channel_correctable_errors_total"
        '{controller="0",csrow="1",channel="0",dimm_label="mc0_csrow1_channel0"}': 4,
    }


def test_a_watchdog_shows_the_attributes_that_its_driver_has(tmp_path: Path) -> None:
    files = {"sys/class/watchdog/watchdog0/timeout": "60\n", "sys/class/watchdog/watchdog0/identity": "Soft\n"}
    labels = '{name="watchdog0",options="",identity="Soft",state="",status="",pretimeout_governor=""}'
    assert values(hardware.watchdog(write(tmp_path, files))) == {
        'node_watchdog_timeout_seconds{name="watchdog0"}': 60,
        f"node_watchdog_info{labels}": 1,
    }


def sensor(root: Path, chip: int, device: str, files: dict[str, str]) -> None:
    """A chip whose device stands in /sys/devices/platform, linked as the kernel does."""
    folder = f"sys/devices/platform/{device}/hwmon/hwmon{chip}"
    write(root, {f"{folder}/{name}": text for name, text in files.items()})
    (root / folder / "device").symlink_to(root / "sys/devices/platform" / device)
    link = root / f"sys/class/hwmon/hwmon{chip}"
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(root / folder)


def test_a_sensors_unit_follows_from_its_type_and_property(tmp_path: Path) -> None:
    sensor(
        tmp_path,
        0,
        "coretemp.0",
        {
            "name": "coretemp\n",
            "temp1_input": "55000\n",
            "temp1_label": "Core 0\n",
            "temp1_crit_alarm": "0\n",
            "temp1_type": "4\n",
            "fan2_input": "1098\n",
            "fan2_alarm": "1\n",
            "in0_max": "1744\n",
            "energy1_input": "2500000\n",
            "power1_average_interval": "1000\n",
            "freq1_input": "214000000\n",
            "freq1_label": "sclk\n",
            "pwm1": "128\n",
            "update_interval": "1500\n",
            "curr1_input": "not now\n",
        },
    )
    found = values(hwmon.hwmon(write(tmp_path, {})))
    chip = 'chip="platform_coretemp_0"'
    assert found == {
        f'node_hwmon_chip_names{{{chip},chip_name="coretemp"}}': 1,
        f'node_hwmon_temp_celsius{{{chip},sensor="temp1"}}': 55,
        f'node_hwmon_sensor_label{{{chip},sensor="temp1",label="Core 0"}}': 1,
        f'node_hwmon_sensor_label{{{chip},sensor="freq1",label="sclk"}}': 1,
        f'node_hwmon_temp_crit_alarm_celsius{{{chip},sensor="temp1"}}': 0,
        f'node_hwmon_temp_type{{{chip},sensor="temp1"}}': 4,
        f'node_hwmon_fan_rpm{{{chip},sensor="fan2"}}': 1098,
        f'node_hwmon_fan_alarm{{{chip},sensor="fan2"}}': 1,
        f'node_hwmon_in_max_volts{{{chip},sensor="in0"}}': 1.744,
        f'node_hwmon_energy_joule_total{{{chip},sensor="energy1"}}': 2.5,
        f'node_hwmon_power_average_interval_seconds{{{chip},sensor="power1"}}': 1,
        f'node_hwmon_freq_freq_mhz{{{chip},sensor="sclk"}}': 214,
        f'node_hwmon_pwm{{{chip},sensor="pwm1"}}': 128,
        f'node_hwmon_update_interval_seconds{{{chip},sensor="update_interval0"}}': 1.5,
    }


def test_two_chips_of_one_device_do_not_share_a_name(tmp_path: Path) -> None:
    for chip, name in ((6, "asus"), (7, "sensors"), (8, "sensors")):
        sensor(tmp_path, chip, "asus-nb-wmi", {"name": f"{name}\n"})
    names = [name for name, _ in hwmon.named_chips(write(tmp_path, {}).class_folders("hwmon"))]
    base = "platform_asus_nb_wmi"
    assert names == [f"{base}_asus", f"{base}_hwmon7", f"{base}_hwmon8"]


def test_infiniband_counts_words_and_skips_what_the_adapter_does_not_count(tmp_path: Path) -> None:
    base = "sys/class/infiniband/mlx0"
    port = f"{base}/ports/1"
    host = write(
        tmp_path,
        {
            f"{base}/fw_ver": "2.31\n",
            f"{port}/state": "4: ACTIVE\n",
            f"{port}/phys_state": "5: LinkUp\n",
            f"{port}/rate": "2.5 Gb/sec (1X SDR)\n",
            f"{port}/counters/port_rcv_data": "100\n",
            f"{port}/counters/symbol_error": "N/A (no PMA)\n",
            f"{port}/hw_counters/out_of_sequence": "3\n",
        },
    )
    labels = '{device="mlx0",port="1"}'
    assert values(infiniband.infiniband(host)) == {
        'node_infiniband_info{device="mlx0",board_id="",firmware_version="2.31",hca_type=""}': 1,
        f"node_infiniband_state_id{labels}": 4,
        f"node_infiniband_physical_state_id{labels}": 5,
        f"node_infiniband_rate_bytes_per_second{labels}": 312_500_000,
        f"node_infiniband_port_data_received_bytes_total{labels}": 400,
        f"node_infiniband_out_of_sequence_packets_received_total{labels}": 3,
    }


def test_fibre_channel_statistics_are_hexadecimal_and_may_be_missing(tmp_path: Path) -> None:
    base = "sys/class/fc_host/host0"
    host = write(
        tmp_path,
        {
            f"{base}/port_state": "Online\n",
            f"{base}/port_name": "0x1000e007\n",
            f"{base}/statistics/rx_words": "0x40\n",
            f"{base}/statistics/dumped_frames": "0xffffffffffffffff\n",
        },
    )
    found = values(network_cards.fibrechannel(host))
    assert found['node_fibrechannel_rx_words_total{fc_host="host0"}'] == 64
    assert not any("dumped_frames" in name for name in found)
    assert any('port_name="1000e007"' in name for name in found)


def test_a_bond_counts_the_links_that_are_up(tmp_path: Path) -> None:
    base = "sys/class/net/bond0"
    host = write(
        tmp_path,
        {
            "sys/class/net/bonding_masters": "bond0\n",
            f"{base}/bonding/slaves": "eth0 eth1\n",
            f"{base}/lower_eth0/bonding_slave/mii_status": "up\n",
            f"{base}/slave_eth1/bonding_slave/mii_status": "down\n",
        },
    )
    found = values(network_cards.bonding(host))
    assert found == {'node_bonding_slaves{master="bond0"}': 2, 'node_bonding_active{master="bond0"}': 1}


def test_backends_of_the_load_balancer_belong_to_the_service_above_them(tmp_path: Path) -> None:
    services = """IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
TCP  C0A80016:0CEA wlc
  -> C0A85216:0CEA      Tunnel  100    248        2
UDP  [2620:0:0:0:0:0:0:2]:0050 sh
FWM  10001000 wlc
  -> [2620:0000:0000:0000:0000:0000:0000:0001]:0050 Tunnel 20 64 1
"""
    totals = (
        "   Total Incoming Outgoing\n   Conns  Packets\n 16AA370 E33656E5        0     51D8C8883AB3                0\n"
    )
    host = write(tmp_path, {"proc/net/ip_vs": services, "proc/net/ip_vs_stats": totals})
    found = values(ipvs.ipvs(host))
    assert found["node_ipvs_connections_total"] == 0x16AA370
    first = 'local_address="192.168.0.22",local_port="3306",proto="TCP",local_mark=""'
    second = 'local_address="",local_port="0",proto="FWM",local_mark="10001000"'
    weight = "node_ipvs_backend_weight{{{},{}}}"
    assert found[weight.format(first, 'remote_address="192.168.82.22",remote_port="3306"')] == 100
    assert found[weight.format(second, 'remote_address="2620::1",remote_port="80"')] == 20


def test_a_battery_is_in_volts_watts_and_degrees(tmp_path: Path) -> None:
    base = "sys/class/power_supply/BAT0"
    files = {"voltage_now": "11660000", "capacity": "81", "temp": "305", "status": "Discharging", "cycle_count": "9"}
    host = write(tmp_path, {f"{base}/{name}": f"{text}\n" for name, text in files.items()})
    assert values(power.powersupplyclass(host)) == {
        'node_power_supply_voltage_volt{power_supply="BAT0"}': 11.66,
        'node_power_supply_capacity{power_supply="BAT0"}': 81,
        'node_power_supply_temp_celsius{power_supply="BAT0"}': 30.5,
        'node_power_supply_cyclecount{power_supply="BAT0"}': 9,
        'node_power_supply_info{power_supply="BAT0",status="Discharging"}': 1,
    }


def test_energy_zones_are_numbered_by_their_name_or_as_they_come(tmp_path: Path) -> None:
    files = {}
    for zone, name in (("intel-rapl:0", "package-0"), ("intel-rapl:0:0", "core"), ("intel-rapl:1:0", "core")):
        base = f"sys/class/powercap/{zone}"
        files |= {f"{base}/name": name, f"{base}/max_energy_range_uj": "9", f"{base}/energy_uj": "1500000"}
    files["sys/class/powercap/intel-rapl/enabled"] = "1"
    path = f"{tmp_path}/sys/class/powercap"
    assert values(power.rapl(write(tmp_path, files))) == {
        f'node_rapl_package_joules_total{{index="0",path="{path}/intel-rapl:0"}}': 1.5,
        f'node_rapl_core_joules_total{{index="0",path="{path}/intel-rapl:0:0"}}': 1.5,
        f'node_rapl_core_joules_total{{index="1",path="{path}/intel-rapl:1:0"}}': 1.5,
    }


def test_energy_that_only_root_may_read_is_no_data(tmp_path: Path) -> None:
    base = "sys/class/powercap/intel-rapl:0"
    with pytest.raises(NoData):
        list(power.rapl(write(tmp_path, {f"{base}/name": "core", f"{base}/max_energy_range_uj": "9"})))


def test_a_zone_without_an_answer_does_not_hide_the_others(tmp_path: Path) -> None:
    base = "sys/class/thermal"
    host = write(
        tmp_path,
        {
            f"{base}/thermal_zone0/type": "cpu\n",
            f"{base}/thermal_zone1/type": "gpu\n",
            f"{base}/thermal_zone1/temp": "12376\n",
            f"{base}/cooling_device2/type": "Processor\n",
            f"{base}/cooling_device2/max_state": "3\n",
        },
    )
    assert values(power.thermal_zone(host)) == {
        'node_thermal_zone_temp{zone="1",type="gpu"}': 12.376,
        'node_cooling_device_max_state{name="2",type="Processor"}': 3,
    }
