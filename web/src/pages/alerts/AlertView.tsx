// One alert with all that is known of it: what it says, its value over time, its history, what else began, who is told and why not.
import { useState } from "preact/hooks";
import "./view.css";
import type { Labels } from "../../api/query.ts";
import { type Why, whyAlert } from "../../api/why.ts";
import { Severity, StateBadge } from "../../components/AlertBadges.tsx";
import { Annotations } from "../../components/Annotations.tsx";
import { Button } from "../../components/Button.tsx";
import { Deferred } from "../../components/Deferred.tsx";
import { Icon } from "../../components/Icon.tsx";
import { LabelChips } from "../../components/LabelChips.tsx";
import { ErrorNotice, Skeleton } from "../../components/Notice.tsx";
import { roughDuration } from "../../format/duration.ts";
import { dateTime } from "../../format/time.ts";
import { inLanguage } from "../../i18n/annotations.ts";
import { t } from "../../i18n/translate.ts";
import { language } from "../../state/preferences.ts";
import { useResource, useTick } from "../../state/resource.ts";
import { address, location } from "../../state/router.ts";
import { Beside } from "./Beside.tsx";
import { HistoryCard } from "./History.tsx";
import { NotesCard } from "./NotesCard.tsx";
import { Occurrences } from "./Occurrences.tsx";
import { standingOnRoutes } from "./outcome.ts";
import { Routes } from "./Routes.tsx";
import { SilenceDialog } from "./SilenceDialog.tsx";

const REFRESH_SECONDS = 15;

export function AlertView({ fingerprint }: { fingerprint: string }) {
  const [changes, setChanges] = useState(0);
  const tick = useTick(REFRESH_SECONDS);
  const lang = language.value;
  const { data, error } = useResource(`${fingerprint} ${lang} ${tick} ${changes}`, (signal) =>
    whyAlert(fingerprint, lang, signal),
  );
  const changed = (): void => setChanges(changes + 1);
  return (
    <div class="page stack">
      <a class="back" href={listAddress()}>
        <Icon name="back" /> {t("alert.back")}
      </a>
      {error !== undefined && <ErrorNotice error={error} />}
      {!data && error === undefined && <Skeleton height={480} />}
      {data && (
        <>
          <Head why={data} onChanged={changed} />
          <div class="alert-columns">
            <div class="stack">
              <Said why={data} />
              <Deferred load={() => import("./Values.tsx")} shown={{ why: data }} height={260} />
              <Occurrences why={data} />
              <HistoryCard fingerprint={fingerprint} refreshed={`${tick} ${changes}`} />
              <Beside neighbours={data.beside} />
            </div>
            <div class="stack">
              <NotesCard fingerprint={fingerprint} notes={data.alert.notes} onChanged={changed} />
              <Routes routes={data.routes} />
            </div>
          </div>
        </>
      )}
    </div>
  );
}

/** Where the reader came from: the same list without the alert. */
function listAddress(): string {
  const parameters = new URLSearchParams(location.value.parameters);
  parameters.delete("alert");
  return address("alerts", parameters);
}

function Head({ why: { alert, rule, routes }, onChanged }: { why: Why; onChanged: () => void }) {
  const [silencing, setSilencing] = useState(false);
  const name = alert.labels["alertname"] ?? t("alerts.unnamed");
  const standing = standingOnRoutes(routes);
  const expr = rule?.query ?? exprOf(alert.generatorURL);
  return (
    <header class="page-head">
      <h1>{name}</h1>
      <Severity labels={alert.labels} />
      <StateBadge state={alert.state} />
      {standing !== "active" && <StateBadge state={standing} />}
      <Times startsAt={alert.startsAt} endsAt={alert.state === "resolved" ? alert.endsAt : null} />
      <span class="spacer" />
      {expr && (
        <a class="small" href={address("query", { "g0.expr": expr })}>
          {t("rules.openQuery")}
        </a>
      )}
      {!expr && /^https?:\/\//.test(alert.generatorURL) && (
        <a class="small" href={alert.generatorURL} target="_blank" rel="noreferrer">
          {t("alert.source")}
        </a>
      )}
      {rule && (
        <a class="small" href={address("rules", { q: rule.name, rule: `${rule.group}/${rule.name}` })}>
          {t("alert.rule")}
        </a>
      )}
      <Button icon="silence" onClick={() => setSilencing(true)}>
        {t("alerts.silence")}
      </Button>
      {silencing && (
        <SilenceDialog
          silencing={{ labels: alert.labels, title: name }}
          onClose={() => setSilencing(false)}
          onSaved={onChanged}
        />
      )}
    </header>
  );
}

function Times({ startsAt, endsAt }: { startsAt: number; endsAt: number | null }) {
  const lasted = roughDuration(Math.max(Math.round((endsAt ?? Date.now() / 1000) - startsAt), 0));
  return (
    <span class="small soft number">
      {t(endsAt === null ? "alert.since" : "alert.lasted", { time: dateTime(startsAt), duration: lasted })}
    </span>
  );
}

/** The expression that a link of Prometheus asks for. */
function exprOf(link: string): string {
  try {
    return new URL(link).searchParams.get("g0.expr") ?? "";
  } catch {
    return "";
  }
}

function Said({ why: { alert } }: { why: Why }) {
  return (
    <section class="card alert-card" aria-label={t("alert.labels")}>
      <Texts annotations={alert.annotations} />
      <LabelChips labels={alert.labels} />
    </section>
  );
}

function Texts({ annotations }: { annotations: Labels }) {
  const { summary, description, ...others } = inLanguage(annotations, language.value);
  return (
    <>
      {summary && <p class="alert-lead">{summary}</p>}
      {description && description !== summary && <p>{description}</p>}
      <Annotations annotations={others} />
    </>
  );
}
