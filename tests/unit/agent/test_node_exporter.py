from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.agent.trees import values, write
from vedette.agent.node.collectors import COLLECTORS, disk, filesystem, kernel, memory, netclass, network, textfile
from vedette.agent.node.exporter import NodeExporter
from vedette.agent.node.families import Family, gauge, render
from vedette.agent.node.host import Host, NoData


def test_kilobytes_of_meminfo_become_bytes_and_counts_keep_their_name(tmp_path: Path) -> None:
    host = write(tmp_path, {"proc/meminfo": "MemTotal:  100 kB\nActive(anon): 2 kB\nHugePages_Total: 7\n"})
    assert values(memory.meminfo(host)) == {
        "node_memory_MemTotal_bytes": 102400,
        "node_memory_Active_anon_bytes": 2048,
        "node_memory_HugePages_Total": 7,
    }


def test_partitions_are_left_out_and_sectors_become_bytes(tmp_path: Path) -> None:
    line = "{} {} {} 1 2 3 4 5 6 7 8 9 10 11"
    host = write(tmp_path, {"proc/diskstats": line.format(8, 0, "sda") + "\n" + line.format(8, 1, "sda1") + "\n"})
    found = values(disk.diskstats(host))
    assert found['node_disk_read_bytes_total{device="sda"}'] == 3 * 512
    assert found['node_disk_io_time_seconds_total{device="sda"}'] == 0.01
    assert not any("sda1" in name for name in found)


def test_a_mount_that_cannot_be_asked_is_reported_as_a_device_error(tmp_path: Path) -> None:
    mount = "36 35 98:0 / /gone\\040away rw,noatime master:1 - ext4 /dev/root rw,errors=continue\n"
    found = values(filesystem.filesystem(write(tmp_path, {"proc/1/mountinfo": mount})))
    labels = 'device="/dev/root",mountpoint="/gone away",fstype="ext4",device_error="no such file or directory"'
    assert found == {f"node_filesystem_device_error{{{labels}}}": 1, f"node_filesystem_readonly{{{labels}}}": 0}


def test_pseudo_filesystems_are_not_shown(tmp_path: Path) -> None:
    mountinfo = "1 0 0:1 / /proc rw - proc proc rw\n2 0 0:2 / / rw - overlay overlay rw\n"
    assert filesystem.mounts(write(tmp_path, {"proc/1/mountinfo": mountinfo})) == []


def test_kernels_without_pressure_information_have_no_data(tmp_path: Path) -> None:
    with pytest.raises(NoData):
        list(kernel.pressure(write(tmp_path, {})))


def test_pressure_counts_microseconds(tmp_path: Path) -> None:
    text = "some avg10=0.00 avg60=0.00 avg300=0.00 total=2500000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"
    found = values(kernel.pressure(write(tmp_path, {"proc/pressure/io": text})))
    assert found == {"node_pressure_io_waiting_seconds_total": 2.5, "node_pressure_io_stalled_seconds_total": 0}


def test_an_interface_that_refuses_an_attribute_still_shows_the_others(tmp_path: Path) -> None:
    host = write(
        tmp_path,
        {
            "sys/class/net/eth0/operstate": "up\n",
            "sys/class/net/eth0/flags": "0x1003\n",
            "sys/class/net/eth0/speed": "x\n",
        },
    )
    found = values(netclass.netclass(host))
    assert found['node_network_up{device="eth0"}'] == 1
    assert found['node_network_flags{device="eth0"}'] == 0x1003
    assert not any("speed" in name for name in found)


def test_softnet_adds_one_series_a_cpu(tmp_path: Path) -> None:
    row = "0000000a 00000001 00000002 0 0 0 0 0 0 0 0 00000003 {:08x}"
    found = values(
        network.softnet(write(tmp_path, {"proc/net/softnet_stat": row.format(0) + "\n" + row.format(3) + "\n"}))
    )
    assert found['node_softnet_processed_total{cpu="3"}'] == 10
    assert found['node_softnet_backlog_len{cpu="0"}'] == 3


def test_a_text_file_keeps_its_types_labels_and_escapes(tmp_path: Path) -> None:
    page = '# HELP backup_seconds How long\n# TYPE backup_seconds gauge\nbackup_seconds{path="a\\"b,}"} 1.5\nplain 2\n'
    found = list(textfile.textfile(write(tmp_path, {"textfiles/backup.prom": page})))
    rendered = render(found).decode()
    assert '# TYPE backup_seconds gauge\nbackup_seconds{path="a\\"b,}"} 1.5\n' in rendered
    assert "# TYPE plain untyped\nplain 2\n" in rendered
    assert "node_textfile_scrape_error 0\n" in rendered


@pytest.mark.parametrize("line", ["a 1 1700000000", "a{b=1} 2", "a{ 2", "a b"])
def test_a_broken_text_file_is_left_out_whole(tmp_path: Path, line: str) -> None:
    host = write(tmp_path, {"textfiles/bad.prom": f"good 1\n{line}\n", "textfiles/fine.prom": "fine 3\n"})
    rendered = render(textfile.textfile(host)).decode()
    assert "good" not in rendered
    assert "fine 3\n" in rendered
    assert "node_textfile_scrape_error 1\n" in rendered


def test_a_folder_of_text_files_may_have_wildcards_and_must_exist(tmp_path: Path) -> None:
    write(tmp_path, {"jobs/one/a.prom": "a 1\n", "jobs/two/b.prom": "b 2\n"})
    found = values(textfile.textfile(Host(textfile_directories=(tmp_path / "jobs/*",))))
    assert (found["a"], found["b"], found["node_textfile_scrape_error"]) == (1, 2, 0)
    absent = values(textfile.textfile(Host(textfile_directories=(tmp_path / "nowhere",))))
    assert absent == {"node_textfile_scrape_error": 1}


def test_a_collector_that_fails_costs_its_own_families_only() -> None:
    def broken(host: Host) -> list[Family]:
        raise OSError("the disk is on fire")

    def fine(host: Host) -> list[Family]:
        return [gauge("fine", "Fine.").add(1)]

    page = NodeExporter(Host(), collectors=(("broken", broken), ("fine", fine))).page().decode()
    assert 'node_scrape_collector_success{collector="broken"} 0\n' in page
    assert 'node_scrape_collector_success{collector="fine"} 1\n' in page
    assert "node_fine 1\n" in page


GARBAGE_PLACES = (
    "proc/mdstat",
    "proc/schedstat",
    "proc/net/ip_vs",
    "proc/net/ip_vs_stats",
    "proc/net/rpc/nfs",
    "proc/net/rpc/nfsd",
    "proc/spl/kstat/zfs/arcstats",
    "proc/spl/kstat/zfs/tank/io",
    "sys/fs/xfs/sda/stats/stats",
    "sys/fs/bcache/1/btree_cache_size",
    "sys/fs/bcachefs/1/errors",
    "sys/fs/btrfs/1/allocation/global_rsv_size",
    "sys/class/infiniband/mlx0/ports/1/rate",
    "sys/class/hwmon/hwmon0/temp1_input",
    "sys/devices/system/cpu/isolated",
)


@settings(max_examples=10, deadline=None)
@given(
    texts=st.lists(st.text("md01 :active[]()/UWcpu\n\t-.kTCP>name typedata9", max_size=60), min_size=15, max_size=15)
)
def test_no_text_in_a_kernel_file_costs_the_page(texts: list[str]) -> None:
    with TemporaryDirectory() as folder:
        host = write(Path(folder), dict(zip(GARBAGE_PLACES, texts, strict=True)))
        page = NodeExporter(host).page().decode()
    assert all(f'node_scrape_collector_success{{collector="{name}"}} ' in page for name, _ in COLLECTORS)


def test_a_number_too_large_for_a_float_costs_its_collector_only(tmp_path: Path) -> None:
    page = NodeExporter(write(tmp_path, {"proc/schedstat": f"cpu0 1 0 2 3 4 5 6 7 {10**400}\n"})).page().decode()
    assert 'node_scrape_collector_success{collector="schedstat"} 0\n' in page


def test_the_collectors_are_the_reference_ones_by_name() -> None:
    names = [name for name, _ in COLLECTORS]
    assert names == sorted(set(names))
    assert len(names) == 49


def test_this_machine_has_a_page() -> None:
    page = NodeExporter().page().decode()
    assert 'node_cpu_seconds_total{cpu="0",mode="user"}' in page
    assert "node_memory_MemTotal_bytes" in page
