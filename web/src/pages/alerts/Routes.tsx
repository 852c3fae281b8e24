// The way of an alert through the pipeline, route by route: every step says whether it lets the alert pass, and why.
import type { AlertRoute, PipelineStep } from "../../api/why.ts";
import { Icon } from "../../components/Icon.tsx";
import { LabelChips } from "../../components/LabelChips.tsx";
import { MatcherChips } from "../../components/MatcherChips.tsx";
import { formatDuration, roughDuration } from "../../format/duration.ts";
import { dateTime } from "../../format/time.ts";
import { type Key, t } from "../../i18n/translate.ts";
import { address } from "../../state/router.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";

const TONES: Record<Outcome, string> = { willBeSent: "good", told: "info", notSent: "" };

export function Routes({ routes }: { routes: readonly AlertRoute[] }) {
  return (
    <section class="card alert-card">
      <div class="row">
        <h2>{t("alert.routes")}</h2>
        <span class="spacer" />
        <a class="small" href={address("routing")}>
          {t("nav.routing")}
        </a>
      </div>
      {routes.length === 0 && <p class="soft">{t("alert.noRoutes")}</p>}
      {routes.map((route) => (
        <Way key={route.groupKey + route.receiver} route={route} />
      ))}
    </section>
  );
}

function Way({ route }: { route: AlertRoute }) {
  const { receiver, path, groupLabels, groupWait, groupInterval, repeatInterval, nextFlush, steps } = route;
  const outcome = outcomeOf(route);
  const matchers = path.flatMap((one) => one.matchers);
  return (
    <article class="way">
      <div class="row">
        <strong class="route-receiver">
          <Icon name="send" size={14} /> {receiver}
        </strong>
        <span class={`badge ${TONES[outcome]}`}>{t(`alert.${outcome}`)}</span>
        {nextFlush !== null && <span class="small soft number">{flushText(nextFlush)}</span>}
      </div>
      {matchers.length > 0 && <MatcherChips matchers={matchers} />}
      <div class="row">
        <span class="small soft">{t("alert.group")}</span>
        {Object.keys(groupLabels).length > 0 ? <LabelChips labels={groupLabels} /> : <code>{"{}"}</code>}
      </div>
      <p class="small soft number">
        {[
          t("routing.wait", { time: formatDuration(groupWait) }),
          t("routing.interval", { time: formatDuration(groupInterval) }),
          t("routing.repeat", { time: formatDuration(repeatInterval) }),
        ].join(" · ")}
      </p>
      <ol class="way-steps">
        {steps.map((step, index) => (
          <Step key={index} step={step} />
        ))}
      </ol>
    </article>
  );
}

function Step({ step: { step, integration, passes, parts } }: { step: PipelineStep }) {
  return (
    <li class={passes ? "passes" : "stops"}>
      <span class="way-mark">
        <Icon name={passes ? "check" : "close"} size={14} />
      </span>
      <div>
        <div class="row">
          <strong class="small">{t(`step.${step}` as Key)}</strong>
          {integration && <code class="small faint">{integration}</code>}
          <span class="visually-hidden">{t(passes ? "alert.passes" : "alert.stops")}</span>
        </div>
        <p class="small soft">
          <Linked step={step} text={parts.map((part) => (typeof part === "number" ? dateTime(part) : part)).join("")} />
        </p>
      </div>
    </li>
  );
}

/** What a step's text names by an id, and where that is shown. */
const NAMED: Record<string, { id: RegExp; to: (id: string) => string }> = {
  silence: { id: /([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/, to: (id) => address("silences", { q: id }) },
  inhibit: { id: /\b([0-9a-f]{16})\b/, to: (id) => address("alerts", { alert: id }) },
};

function Linked({ step, text }: { step: string; text: string }) {
  const named = NAMED[step];
  if (!named) return text;
  // split by a group: every second part is an id
  return text.split(named.id).map((part, index) => (index % 2 ? <a href={named.to(part)}>{part}</a> : part));
}

function flushText(nextFlush: number): string {
  const left = Math.round(nextFlush - Date.now() / 1000);
  return left > 0 ? t("alert.nextFlush", { time: roughDuration(left) }) : t("alert.flushNow");
}
