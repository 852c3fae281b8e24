// The routing tree of alerts as the pipeline runs it.
import { call, send } from "./envelope.ts";
import type { Labels } from "./query.ts";

export interface RouteNode {
  id: number;
  receiver: string;
  matchers: string[];
  continue: boolean;
  /** `["..."]`: each label set is a group of its own. */
  groupBy: string[];
  /** Seconds. */
  groupWait: number;
  groupInterval: number;
  repeatInterval: number;
  muteTimeIntervals: string[];
  activeTimeIntervals: string[];
  labels: Labels;
  routes: RouteNode[];
}

export interface Receiver {
  name: string;
  labels: Labels;
  /** `webhook[0]`; none where no route uses the receiver. */
  integrations: string[];
}

export interface InhibitRule {
  name: string;
  source: string[];
  target: string[];
  equal: string[];
}

export interface Routing {
  route: RouteNode;
  receivers: Receiver[];
  inhibitRules: InhibitRule[];
}

export interface RoutePath {
  /** From the root to the route that takes the alert. */
  ids: number[];
  receiver: string;
  groupKey: string;
  groupLabels: Labels;
}

export const routing = async (signal?: AbortSignal): Promise<Routing> =>
  (await call<Routing>("routing", {}, signal)).data;

export const testRouting = async (labels: Labels): Promise<RoutePath[]> =>
  (await send<{ paths: RoutePath[] }>("POST", "routing/test", { labels })).paths;
