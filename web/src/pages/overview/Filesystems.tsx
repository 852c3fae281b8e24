// How full each filesystem is. One device mounted in many places shows once, at its shortest path.
import { instantVector } from "../../api/query.ts";
import { Meter } from "../../components/Meter.tsx";
import { formatValue } from "../../format/units.ts";
import { t } from "../../i18n/translate.ts";
import { useResource } from "../../state/resource.ts";
import { REAL_FILESYSTEMS } from "./expressions.ts";
import type { View } from "./view.ts";

interface Filesystem {
  mount: string;
  device: string;
  type: string;
  size: number;
  available: number;
  inodesUsed: number | null;
}

export function Filesystems({ view }: { view: View }) {
  const { data } = useResource(`${view.scope.selector}@${view.now}`, (signal) => filesystems(view, signal));
  if (!data?.length) return null;
  return (
    <div class="card scroll-x" tabIndex={0} role="group" aria-label={t("disk.filesystems")}>
      <table class="parts-table">
        <thead>
          <tr>
            <th scope="col">{t("disk.mount")}</th>
            <th scope="col">{t("disk.used")}</th>
            <th scope="col" class="number">{t("disk.available")}</th>
            <th scope="col" class="number">{t("disk.size")}</th>
            <th scope="col" class="number">{t("disk.inodes")}</th>
            <th scope="col">{t("disk.device")}</th>
          </tr>
        </thead>
        <tbody>
          {data.map((one) => (
            <tr key={one.mount}>
              <td class="mono">{one.mount}</td>
              <td class="meter-cell">
                <Meter ratio={1 - one.available / one.size} label={`${t("disk.used")} ${one.mount}`} />
                <span class="number small">{formatValue(1 - one.available / one.size, "ratio")}</span>
              </td>
              <td class="number">{formatValue(one.available, "bytes")}</td>
              <td class="number">{formatValue(one.size, "bytes")}</td>
              <td class="number">{one.inodesUsed === null ? "–" : formatValue(one.inodesUsed, "ratio")}</td>
              <td class="soft">
                {one.device} <span class="faint">{one.type}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

async function filesystems({ scope, now }: View, signal: AbortSignal): Promise<Filesystem[]> {
  const ask = (metric: string) => instantVector(`node_filesystem_${metric}{${scope.selector},${REAL_FILESYSTEMS}}`, now, signal);
  const [sizes, free, files, filesFree] = await Promise.all([ask("size_bytes"), ask("avail_bytes"), ask("files"), ask("files_free")]);
  const byMount = (found: typeof sizes) => new Map(found.map(({ labels, value }) => [labels["mountpoint"], value]));
  const [available, inodes, inodesFree] = [byMount(free), byMount(files), byMount(filesFree)];
  const perDevice = new Map<string, Filesystem>();
  for (const { labels, value: size } of sizes) {
    const mount = labels["mountpoint"] ?? "";
    const device = labels["device"] ?? "";
    const known = perDevice.get(device);
    if (size <= 0 || (known && known.mount.length <= mount.length)) continue;
    const total = inodes.get(mount) ?? 0;
    const inodesUsed = total > 0 ? 1 - (inodesFree.get(mount) ?? 0) / total : null;
    perDevice.set(device, { mount, device, type: labels["fstype"] ?? "", size, available: available.get(mount) ?? 0, inodesUsed });
  }
  return [...perDevice.values()].sort((a, b) => a.available / a.size - b.available / b.size);
}
