// Groups that short-lived jobs pushed: which, when, what is in them; a group that is no longer wanted is deleted here.
import { useState } from "preact/hooks";
import "./push.css";
import { pushedGroups } from "../../api/push.ts";
import { Copy } from "../../components/Copy.tsx";
import { Search } from "../../components/Fields.tsx";
import { Empty, ErrorNotice, Skeleton } from "../../components/Notice.tsx";
import { mount } from "../../base.ts";
import { t } from "../../i18n/translate.ts";
import { seriesText } from "../../promql/labels.ts";
import { useResource, useTick } from "../../state/resource.ts";
import { Group } from "./Group.tsx";

const REFRESH_SECONDS = 15;

export default function PushPage() {
  const [words, setWords] = useState("");
  const [changes, setChanges] = useState(0);
  const tick = useTick(REFRESH_SECONDS);
  const { data, error } = useResource(`${tick} ${changes}`, pushedGroups);
  const found = data?.filter(({ labels }) => seriesText(labels).toLowerCase().includes(words.toLowerCase()));
  return (
    <div class="page stack">
      <header class="page-head">
        <h1>{t("nav.push")}</h1>
        <span class="spacer" />
        {data && data.length > 0 && <Search label={t("push.search")} value={words} onInput={setWords} />}
      </header>
      {error !== undefined && <ErrorNotice error={error} />}
      {!data && error === undefined && <Skeleton height={240} />}
      {data?.length === 0 && <HowToPush />}
      {found?.map((group) => (
        <Group key={seriesText(group.labels)} group={group} onDeleted={() => setChanges(changes + 1)} />
      ))}
      {data && data.length > 0 && found?.length === 0 && <Empty title={t("push.noneFound")} />}
    </div>
  );
}

function HowToPush() {
  const command = `echo 'backup_done_seconds 1' | curl --data-binary @- ${globalThis.location.origin}${mount}metrics/job/backup`;
  return (
    <section class="card push-how">
      <Empty title={t("push.none")}>{t("push.how")}</Empty>
      <code>{command}</code>
      <Copy text={() => command} label={t("copy")} />
    </section>
  );
}
