// What the steps of the pipeline come to, in a word: for one route, and for the alert.
import type { AlertRoute } from "../../api/why.ts";
import type { Standing } from "./grouping.ts";

/** What it means that a step of the whole route stops the alert. */
const KEPT_QUIET: Readonly<Record<string, Standing>> = {
  silence: "silenced",
  inhibit: "inhibited",
  active: "muted",
  mute: "muted",
};

export type Outcome = "willBeSent" | "told" | "notSent";

/** `told`: somebody knows that it fires, and there is nothing new to say. */
export function outcomeOf(route: AlertRoute): Outcome {
  if (route.sent) return "willBeSent";
  const isTold = route.steps.some(({ step, code }) => step === "set" && code === "told_firing");
  return standingOn(route) === "active" && isTold ? "told" : "notSent";
}

/** As the list of alerts counts it: audible where one route leaves it so. */
export function standingOnRoutes(routes: readonly AlertRoute[]): Standing {
  const standings = routes.map(standingOn);
  return standings.includes("active") ? "active" : (standings[0] ?? "active");
}

function standingOn({ steps }: AlertRoute): Standing {
  const stops = new Set(steps.filter(({ passes }) => !passes).map(({ step }) => step));
  const first = Object.keys(KEPT_QUIET).find((step) => stops.has(step));
  return first ? KEPT_QUIET[first]! : "active";
}
