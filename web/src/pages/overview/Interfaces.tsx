// Each network interface: whether it is up, what it carries and what it lost in the shown range.
import { instantVector } from "../../api/query.ts";
import { formatValue } from "../../format/units.ts";
import { t } from "../../i18n/translate.ts";
import { useResource } from "../../state/resource.ts";
import { REAL_INTERFACES } from "./expressions.ts";
import type { View } from "./view.ts";

interface Interface {
  device: string;
  state: string;
  speed: number | null;
  received: number;
  sent: number;
  lost: number;
  errors: number;
}

export function Interfaces({ view }: { view: View }) {
  const { data } = useResource(`${view.scope.selector}@${view.now}`, (signal) => interfaces(view, signal));
  if (!data?.length) return null;
  return (
    <div class="card scroll-x" tabIndex={0} role="group" aria-label={t("network.interfaces")}>
      <table class="parts-table">
        <thead>
          <tr>
            <th scope="col">{t("network.interface")}</th>
            <th scope="col">{t("network.state")}</th>
            <th scope="col" class="number">{t("network.speed")}</th>
            <th scope="col" class="number">{t("network.received")}</th>
            <th scope="col" class="number">{t("network.sent")}</th>
            <th scope="col" class="number">{t("network.drops")}</th>
            <th scope="col" class="number">{t("network.errors")}</th>
          </tr>
        </thead>
        <tbody>
          {data.map((one) => (
            <tr key={one.device}>
              <td class="mono">{one.device}</td>
              <td>
                <span class={one.state === "up" ? "badge good" : "badge"}>{one.state}</span>
              </td>
              <td class="number">{one.speed === null ? "–" : formatValue(one.speed * 8, "bits/s")}</td>
              <td class="number">{formatValue(one.received, "bytes/s")}</td>
              <td class="number">{formatValue(one.sent, "bytes/s")}</td>
              <td class="number">{formatValue(Math.round(one.lost), "none")}</td>
              <td class="number">{formatValue(Math.round(one.errors), "none")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

async function interfaces({ scope, now }: View, signal: AbortSignal): Promise<Interface[]> {
  const { selector, window, range } = scope;
  const real = `{${selector},${REAL_INTERFACES}}`;
  const both = (what: string) =>
    `sum by (device) (increase(node_network_receive_${what}_total${real}[${range}])) + sum by (device) (increase(node_network_transmit_${what}_total${real}[${range}]))`;
  const ask = (expr: string) => instantVector(expr, now, signal);
  const byDevice = async (expr: string) => new Map((await ask(expr)).map(({ labels, value }) => [labels["device"], value]));
  const [known, speeds, received, sent, lost, errors] = await Promise.all([
    ask(`node_network_info${real}`),
    byDevice(`node_network_speed_bytes${real}`),
    byDevice(`rate(node_network_receive_bytes_total${real}[${window}])`),
    byDevice(`rate(node_network_transmit_bytes_total${real}[${window}])`),
    byDevice(both("drop")),
    byDevice(both("errs")),
  ]);
  return known
    .map(({ labels }) => {
      const device = labels["device"] ?? "";
      const speed = speeds.get(device) ?? -1; // the kernel says a negative number where it does not know
      return {
        device,
        state: labels["operstate"] ?? "unknown",
        speed: speed > 0 ? speed : null,
        received: received.get(device) ?? 0,
        sent: sent.get(device) ?? 0,
        lost: lost.get(device) ?? 0,
        errors: errors.get(device) ?? 0,
      };
    })
    .sort((a, b) => b.received + b.sent - a.received - a.sent);
}
