// What the overview asks, by resource: utilisation, saturation and errors, as PromQL over node_exporter's names.
import type { Labels } from "../../api/query.ts";
import type { Unit } from "../../format/units.ts";
import type { Key } from "../../i18n/translate.ts";

/** One expression of a chart; `name` is a word of the page or the label that tells its series apart. */
export interface Line {
  expr: string;
  name: { key: Key } | { label: string };
  /** Its place in the palette, when not its place in the chart. */
  slot?: number;
}

export interface ChartPlan {
  title: Key;
  aspect: "utilisation" | "saturation" | "traffic";
  unit: Unit;
  lines: readonly Line[];
  stacked?: boolean;
  ceiling?: number;
}

export interface Section {
  title: Key;
  charts: readonly ChartPlan[];
  /** Counts of what went wrong within the shown range. */
  errors: readonly { key: Key; expr: string }[];
}

/** Selector of one machine, the window of its rates and the shown range, all in PromQL's words. */
export interface Scope {
  selector: string;
  window: string;
  range: string;
}

/** Loopback and the virtual ends of container networks repeat what the machine's own interfaces carry. */
export const REAL_INTERFACES = 'device!~"lo|veth.*|cali.*|cni.*|flannel.*|docker.*|br-.*|ifb.*|virbr.*|tap.*|dummy.*"';
export const REAL_FILESYSTEMS = 'fstype!~"tmpfs|devtmpfs|ramfs|squashfs|efivarfs|iso9660|overlay|fuse.*|nsfs|autofs"';

/** Places in the palette. */
const SKY = 5;
const GREY = 9;

export const selectorOf = (labels: Labels): string =>
  ["job", "instance"].map((name) => `${name}=${JSON.stringify(labels[name] ?? "")}`).join(",");

export interface TilePlan {
  title: Key;
  unit: Unit;
  ceiling?: number;
  expr: string;
  href: string;
}

export function tiles({ selector: s, window: w }: Scope): TilePlan[] {
  const fullest = `max(1 - node_filesystem_avail_bytes{${s},${REAL_FILESYSTEMS}} / node_filesystem_size_bytes{${s},${REAL_FILESYSTEMS}})`;
  const received = `sum(rate(node_network_receive_bytes_total{${s},${REAL_INTERFACES}}[${w}]))`;
  const sent = `sum(rate(node_network_transmit_bytes_total{${s},${REAL_INTERFACES}}[${w}]))`;
  return [
    { title: "overview.cpu", unit: "ratio", ceiling: 1, expr: `1 - avg(rate(node_cpu_seconds_total{${s},mode="idle"}[${w}]))`, href: "#cpu" },
    { title: "overview.memory", unit: "ratio", ceiling: 1, expr: `1 - node_memory_MemAvailable_bytes{${s}} / node_memory_MemTotal_bytes{${s}}`, href: "#memory" },
    { title: "overview.fullest", unit: "ratio", ceiling: 1, expr: fullest, href: "#disk" },
    { title: "overview.network", unit: "bytes/s", expr: `${received} + ${sent}`, href: "#network" },
    { title: "overview.pressure", unit: "ratio", ceiling: 1, expr: `max(${pressure("cpu", s, w)} or ${pressure("memory", s, w)} or ${pressure("io", s, w)})`, href: "#pressure" },
  ];
}

const pressure = (resource: string, s: string, w: string): string =>
  `label_replace(rate(node_pressure_${resource}_waiting_seconds_total{${s}}[${w}]), "resource", "${resource}", "", "")`;

export const cpuSection = ({ selector: s, window: w, range }: Scope): Section => ({
  title: "overview.cpu",
  charts: [
    {
      title: "cpu.modes",
      aspect: "utilisation",
      unit: "ratio",
      stacked: true,
      ceiling: 1,
      lines: [{ expr: `avg by (mode) (rate(node_cpu_seconds_total{${s},mode!="idle"}[${w}]))`, name: { label: "mode" } }],
    },
    {
      title: "cpu.load",
      aspect: "saturation",
      unit: "none",
      lines: [
        { expr: `node_load1{${s}}`, name: { key: "cpu.load1" } },
        { expr: `node_load5{${s}}`, name: { key: "cpu.load5" } },
        { expr: `count(node_cpu_seconds_total{${s},mode="idle"})`, name: { key: "cpu.cores" }, slot: GREY },
      ],
    },
    {
      title: "overview.pressureOf",
      aspect: "saturation",
      unit: "ratio",
      lines: (["cpu", "memory", "io"] as const).map((resource) => ({
        expr: `rate(node_pressure_${resource}_waiting_seconds_total{${s}}[${w}])`,
        name: { key: `pressure.${resource}` },
      })),
    },
  ],
  errors: [{ key: "errors.throttles", expr: `sum(increase(node_cpu_core_throttles_total{${s}}[${range}]))` }],
});

export const memorySection = ({ selector: s, window: w, range }: Scope): Section => ({
  title: "overview.memory",
  charts: [
    {
      title: "memory.use",
      aspect: "utilisation",
      unit: "bytes",
      stacked: true,
      lines: [
        { expr: `node_memory_MemTotal_bytes{${s}} - node_memory_MemFree_bytes{${s}} - ${cached(s)}`, name: { key: "memory.used" } },
        { expr: cached(s), name: { key: "memory.cached" }, slot: SKY },
        { expr: `node_memory_MemFree_bytes{${s}}`, name: { key: "memory.free" }, slot: GREY },
      ],
    },
    {
      title: "memory.paging",
      aspect: "saturation",
      unit: "per-second",
      lines: [
        { expr: `rate(node_vmstat_pgmajfault{${s}}[${w}])`, name: { key: "memory.majorFaults" } },
        { expr: `rate(node_vmstat_pswpin{${s}}[${w}])`, name: { key: "memory.swapIn" } },
        { expr: `rate(node_vmstat_pswpout{${s}}[${w}])`, name: { key: "memory.swapOut" } },
      ],
    },
  ],
  errors: [
    { key: "errors.oom", expr: `sum(increase(node_vmstat_oom_kill{${s}}[${range}]))` },
    { key: "errors.edac", expr: `sum(increase(node_edac_uncorrectable_errors_total{${s}}[${range}]))` },
  ],
});

const cached = (s: string): string =>
  `(node_memory_Cached_bytes{${s}} + node_memory_Buffers_bytes{${s}} + node_memory_SReclaimable_bytes{${s}})`;

export const diskSection = ({ selector: s, window: w }: Scope): Section => ({
  title: "overview.disk",
  charts: [
    {
      title: "disk.busy",
      aspect: "utilisation",
      unit: "ratio",
      lines: [{ expr: `rate(node_disk_io_time_seconds_total{${s}}[${w}])`, name: { label: "device" } }],
    },
    {
      title: "disk.queue",
      aspect: "saturation",
      unit: "none",
      lines: [{ expr: `rate(node_disk_io_time_weighted_seconds_total{${s}}[${w}])`, name: { label: "device" } }],
    },
    {
      title: "disk.throughput",
      aspect: "traffic",
      unit: "bytes/s",
      lines: [
        { expr: `sum(rate(node_disk_read_bytes_total{${s}}[${w}]))`, name: { key: "disk.read" } },
        { expr: `sum(rate(node_disk_written_bytes_total{${s}}[${w}]))`, name: { key: "disk.written" } },
      ],
    },
  ],
  errors: [
    { key: "errors.readonly", expr: `sum(node_filesystem_readonly{${s},${REAL_FILESYSTEMS}})` },
    { key: "errors.filesystem", expr: `sum(node_filesystem_device_error{${s},${REAL_FILESYSTEMS}})` },
  ],
});

export const networkSection = ({ selector: s, window: w, range }: Scope): Section => ({
  title: "overview.network",
  charts: [
    {
      title: "network.received",
      aspect: "utilisation",
      unit: "bytes/s",
      lines: [{ expr: `rate(node_network_receive_bytes_total{${s},${REAL_INTERFACES}}[${w}])`, name: { label: "device" } }],
    },
    {
      title: "network.sent",
      aspect: "utilisation",
      unit: "bytes/s",
      lines: [{ expr: `rate(node_network_transmit_bytes_total{${s},${REAL_INTERFACES}}[${w}])`, name: { label: "device" } }],
    },
    {
      title: "network.saturation",
      aspect: "saturation",
      unit: "per-second",
      lines: [
        { expr: `sum(rate(node_network_receive_drop_total{${s},${REAL_INTERFACES}}[${w}]))`, name: { key: "network.dropsIn" } },
        { expr: `sum(rate(node_network_transmit_drop_total{${s},${REAL_INTERFACES}}[${w}]))`, name: { key: "network.dropsOut" } },
        { expr: `rate(node_netstat_Tcp_RetransSegs{${s}}[${w}])`, name: { key: "network.retransmits" } },
      ],
    },
  ],
  errors: [
    { key: "errors.receive", expr: `sum(increase(node_network_receive_errs_total{${s}}[${range}]))` },
    { key: "errors.transmit", expr: `sum(increase(node_network_transmit_errs_total{${s}}[${range}]))` },
  ],
});
