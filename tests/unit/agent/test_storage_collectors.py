from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.agent.trees import values, write
from vedette.agent.node.collectors import bcache, bcachefs, btrfs, nfs, storage_arrays, storage_devices, xfs, zfs
from vedette.agent.node.host import NoData

MDSTAT = """Personalities : [raid1] [raid0]

md6 : active raid1 sdb2[2](F) sdc[1](S) sda2[0]
      195310144 blocks [2/1] [U_]
      [=>...................]  recovery =  8.5% (16775552/195310144) finish=17.0min speed=259783K/sec

md10 : active raid0 sda1[0] sdb1[1]
       314159265 blocks 64k chunks

md9 : active (auto-read-only) raid1 sdc2[1] sdd2[0]
      523968 blocks super 1.2 [2/2] [UU]
      resync=DELAYED

md219 : inactive sdb[2](S) sda[0](S)
        7932 blocks super external:imsm

unused devices: <none>
"""


def test_a_recovering_array_shows_its_progress_and_its_failed_disks(tmp_path: Path) -> None:
    found = values(storage_arrays.mdadm(write(tmp_path, {"proc/mdstat": MDSTAT})))
    assert found['node_md_state{device="md6",state="recovering"}'] == 1
    assert found['node_md_state{device="md6",state="active"}'] == 0
    assert found['node_md_blocks_synced{device="md6"}'] == 16775552
    assert found['node_md_blocks{device="md6"}'] == 195310144
    disks = {state: found[f'node_md_disks{{device="md6",state="{state}"}}'] for state in ("active", "failed", "spare")}
    assert disks == {"active": 1, "failed": 1, "spare": 1}


def test_every_kind_of_array_has_its_size_and_its_members(tmp_path: Path) -> None:
    arrays = {array.name: array for array in storage_arrays.parse_mdstat(MDSTAT)}
    assert (arrays["md10"].required, arrays["md10"].active, arrays["md10"].synced) == (2, 2, 314159265)
    assert (arrays["md9"].state, arrays["md9"].synced) == ("resync", 0)
    assert (arrays["md219"].state, arrays["md219"].required, arrays["md219"].blocks) == ("inactive", 0, 7932)


def test_a_degraded_array_is_seen_in_sysfs_too(tmp_path: Path) -> None:
    files = {"proc/mdstat": "", "sys/block/md5/md/raid_disks": "3\n", "sys/block/md5/md/degraded": "1\n"}
    found = values(storage_arrays.mdadm(write(tmp_path, files)))
    assert found == {'node_md_raid_disks{device="md5"}': 3, 'node_md_degraded{device="md5"}': 1}


def test_a_multipath_device_counts_its_healthy_paths(tmp_path: Path) -> None:
    host = write(
        tmp_path,
        {
            "sys/block/dm-5/dm/uuid": "mpath-36\n",
            "sys/block/dm-5/dm/name": "data\n",
            "sys/block/dm-5/dm/suspended": "0\n",
            "sys/block/dm-5/size": "8\n",
            "sys/block/dm-5/slaves/sda/dev": "8:0\n",
            "sys/block/dm-5/slaves/sdb/dev": "8:16\n",
            "sys/block/sda/device/state": "running\n",
            "sys/block/sdb/device/state": "offline\n",
            "sys/block/dm-6/dm/uuid": "LVM-1\n",
        },
    )
    found = values(storage_arrays.dmmultipath(host))
    device = '{device="data",sysfs_name="dm-5"}'
    assert found[f"node_dmmultipath_device_size_bytes{device}"] == 4096
    assert found[f"node_dmmultipath_device_paths_active{device}"] == 1
    assert found[f"node_dmmultipath_device_paths_failed{device}"] == 1
    assert found['node_dmmultipath_path_state{device="data",path="sdb",state="offline"}'] == 1
    assert not any("dm-6" in name for name in found)


def test_an_nvme_namespace_is_as_large_as_its_sectors(tmp_path: Path) -> None:
    base = "sys/class/nvme/nvme0"
    namespace = f"{base}/nvme0c1n3"
    host = write(
        tmp_path,
        {
            f"{base}/model": "Fast  \n",
            f"{base}/state": "live\n",
            f"{namespace}/size": "1000\n",
            f"{namespace}/nuse": "10\n",
            f"{namespace}/queue/logical_block_size": "4096\n",
        },
    )
    found = values(storage_devices.nvme(host))
    labels = '{device="nvme0",nsid="3"}'
    assert found[f"node_nvme_namespace_size_bytes{labels}"] == 512_000
    assert found[f"node_nvme_namespace_used_bytes{labels}"] == 40_960
    assert (
        found['node_nvme_info{device="nvme0",firmware_revision="",model="Fast",serial="",state="live",cntlid=""}'] == 1
    )


def test_a_tape_is_shown_once_not_once_a_mode(tmp_path: Path) -> None:
    files = {f"sys/class/scsi_tape/{name}/stats/read_ns": "2500000000\n" for name in ("st0", "nst0", "st0m")}
    found = values(storage_devices.tapestats(write(tmp_path, files)))
    assert found == {'node_tape_read_time_seconds_total{device="st0"}': 2.5}


@pytest.mark.parametrize(
    ("text", "size"),
    [("512", 512), ("1.1M", 1150976), ("790.0k", 808960), ("-427.5k/sec", -437748), ("20.4G", 21894266880), ("0", 0)],
)
def test_sizes_of_bcache_have_a_remainder_of_1024_as_their_decimal(text: str, size: int) -> None:
    assert bcache.parse_size(text) == size


def test_a_cache_set_shows_its_backing_and_its_cache_devices(tmp_path: Path) -> None:
    base = "sys/fs/bcache/set-1"
    host = write(
        tmp_path,
        {
            f"{base}/tree_depth": "2\n",
            f"{base}/internal/btree_read_average_duration_us": "1500\n",
            f"{base}/bdev0/dirty_data": "1.0k\n",
            f"{base}/bdev0/writeback_rate_debug": "rate:\t\t2.0k/sec\ntarget:\t\t4.0k\n",
            f"{base}/bdev0/stats_total/cache_hits": "7\n",
            f"{base}/bdev0/stats_total/cache_readaheads": "0\n",
            f"{base}/cache0/written": "8.0k\n",
        },
    )
    found = values(bcache.bcache(host))
    assert found['node_bcache_tree_depth{uuid="set-1"}'] == 2
    assert found['node_bcache_btree_read_average_duration_seconds{uuid="set-1"}'] == 0.0015
    assert found['node_bcache_dirty_target_bytes{uuid="set-1",backing_device="bdev0"}'] == 4096
    assert found['node_bcache_cache_hits_total{uuid="set-1",backing_device="bdev0"}'] == 7
    assert found['node_bcache_written_bytes_total{uuid="set-1",cache_device="cache0"}'] == 8192
    assert not any("readaheads" in name for name in found)


def test_bcachefs_shows_counters_that_nobody_listed(tmp_path: Path) -> None:
    base = "sys/fs/bcachefs/fs-1"
    host = write(
        tmp_path,
        {
            f"{base}/btree_cache_size": "2.0k\n",
            f"{base}/counters/some-new": "since mount:  1\nsince filesystem creation:  28.2k\n",
            f"{base}/compression_stats": "type compressed uncompressed average\nlz4 1.0k 3.0k 62.5k\n",
            f"{base}/btree_write_stats": "   nr  size\ninitial:  12  100k\n",
            f"{base}/errors": "bset_bad_csum  2  1767112063\n",
            f"{base}/dev-10/io_done": "read:\nsb : 10\nwrite:\nsb : 20\n",
            f"{base}/dev-10/io_errors": "IO errors since filesystem creation\n  read: 3\nIO errors since 8 y ago\n  read: 9\n",
        },
    )
    found = values(bcachefs.bcachefs(host))
    assert found['node_bcachefs_some_new_total{uuid="fs-1"}'] == 28876
    assert found['node_bcachefs_compression_uncompressed_bytes{uuid="fs-1",algorithm="lz4"}'] == 3072
    assert found['node_bcachefs_btree_writes_total{uuid="fs-1",type="initial"}'] == 12
    assert found['node_bcachefs_errors_total{uuid="fs-1",error_type="bset_bad_csum"}'] == 2
    done = 'node_bcachefs_device_io_done_bytes_total{{uuid="fs-1",device="10",operation="{}",data_type="sb"}}'
    assert (found[done.format("read")], found[done.format("write")]) == (10, 20)
    assert found['node_bcachefs_device_io_errors_total{uuid="fs-1",device="10",type="read"}'] == 3


@pytest.mark.parametrize(
    ("layout", "devices", "ratio"),
    [("single", 1, 1), ("raid1c3", 4, 3), ("raid5", 4, 4 / 3), ("raid6", 4, 2), ("raid6", 2, 0), ("new", 3, 0)],
)
def test_a_btrfs_layout_costs_copies_or_parity(layout: str, devices: int, ratio: float) -> None:
    assert btrfs.allocation_ratio(layout, devices) == ratio


def test_btrfs_shows_block_groups_commits_and_devices(tmp_path: Path) -> None:
    base = "sys/fs/btrfs/fs-1"
    kinds = {f"{base}/allocation/{kind}/bytes_reserved": "0\n" for kind in ("data", "metadata", "system")}
    host = write(
        tmp_path,
        {
            **kinds,
            f"{base}/label": "home\n",
            f"{base}/allocation/data/raid1/total_bytes": "100\n",
            f"{base}/allocation/data/raid1/used_bytes": "60\n",
            f"{base}/commit_stats": "commits 5\nlast_commit_ms 1500\n",
            f"{base}/devices/sda/size": "2\n",
            "sys/fs/btrfs/features/raid56": "0\n",
        },
    )
    found = values(btrfs.btrfs(host))
    labels = '{uuid="fs-1",block_group_type="data",mode="raid1"}'
    assert (found[f"node_btrfs_size_bytes{labels}"], found[f"node_btrfs_used_bytes{labels}"]) == (100, 60)
    assert found[f"node_btrfs_allocation_ratio{labels}"] == 2
    assert found['node_btrfs_last_commit_seconds{uuid="fs-1"}'] == 1.5
    assert found['node_btrfs_device_size_bytes{uuid="fs-1",device="sda"}'] == 1024


def test_xfs_names_the_numbers_of_each_line(tmp_path: Path) -> None:
    text = "extent_alloc 1 872 0 0\nrw 28 5\nvnodes 4 0 0 0 1 1 1 0\nnew_line 1 2\n"
    found = values(xfs.xfs(write(tmp_path, {"sys/fs/xfs/sda1/stats/stats": text})))
    assert found['node_xfs_extent_allocation_blocks_allocated_total{device="sda1"}'] == 872
    assert found['node_xfs_write_calls_total{device="sda1"}'] == 28
    assert found['node_xfs_read_calls_total{device="sda1"}'] == 5
    assert len(found) == 4 + 2 + 7


def test_zfs_shows_the_cache_the_pools_and_their_datasets(tmp_path: Path) -> None:
    base = "proc/spl/kstat/zfs"
    heading = "23 1 0x01 7 2160 221 666\nname                            type data\n"
    host = write(
        tmp_path,
        {
            f"{base}/arcstats": heading + "hits   4    8772612\nmemory_available_bytes  3  -922337\nnote 7 text\n",
            f"{base}/tank/io": "12 3 0x00\nnread    nwritten\n1884160  3206144\n",
            f"{base}/tank/objset-1": heading + "dataset_name  7  tank/my  files\nwrites  4  10\n",
            f"{base}/tank/state": "DEGRADED\n",
        },
    )
    found = values(zfs.zfs(host))
    assert found["node_zfs_arc_hits"] == 8772612
    assert found["node_zfs_arc_memory_available_bytes"] == -922337
    assert "node_zfs_arc_note" not in found
    assert found['node_zfs_zpool_nwritten{zpool="tank"}'] == 3206144
    assert found['node_zfs_zpool_dataset_writes{zpool="tank",dataset="tank/my  files"}'] == 10
    assert found['node_zfs_zpool_state{zpool="tank",state="degraded"}'] == 1
    assert found['node_zfs_zpool_state{zpool="tank",state="online"}'] == 0


def test_nfs_counts_procedures_by_version_and_an_old_kernel_has_fewer(tmp_path: Path) -> None:
    text = "net 70 1 69 45\nrpc 12 3 4\nproc3 22 0 106 48\nproc4 3 98 51 54\n"
    found = values(nfs.nfs(write(tmp_path, {"proc/net/rpc/nfs": text})))
    assert found['node_nfs_packets_total{protocol="tcp"}'] == 69
    assert found["node_nfs_rpc_retransmissions_total"] == 3
    assert found['node_nfs_requests_total{proto="3",method="GetAttr"}'] == 106
    assert found['node_nfs_requests_total{proto="4",method="Write"}'] == 54
    assert found['node_nfs_requests_total{proto="4",method="Clone"}'] == 0
    assert not any('proto="2"' in name for name in found)


def test_nfsd_counts_operations_of_version_4_from_the_third(tmp_path: Path) -> None:
    text = "rc 1 6 18622\nio 157 72\nth 8 0\nnet 9 5 4 1\nrpc 18628 3 1 2 0\nproc4ops 6 0 0 0 1098 2 7\nwdeleg_getattr 15\n"
    found = values(nfs.nfsd(write(tmp_path, {"proc/net/rpc/nfsd": text})))
    assert found['node_nfsd_requests_total{proto="4",method="Access"}'] == 1098
    assert found['node_nfsd_requests_total{proto="4",method="Commit"}'] == 7
    assert found['node_nfsd_requests_total{proto="4",method="WdelegGetattr"}'] == 15
    assert found['node_nfsd_rpc_errors_total{error="auth"}'] == 2
    assert found["node_nfsd_server_threads"] == 8


@pytest.mark.parametrize(
    "collector",
    [
        storage_arrays.mdadm,
        storage_devices.nvme,
        storage_devices.tapestats,
        bcachefs.bcachefs,
        zfs.zfs,
        nfs.nfs,
        nfs.nfsd,
    ],
)
def test_a_machine_without_the_device_has_no_data(tmp_path: Path, collector: object) -> None:
    with pytest.raises(NoData):
        list(collector(write(tmp_path, {})))  # type: ignore[operator]
