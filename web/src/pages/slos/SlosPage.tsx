// Service level objectives: what is left of each budget, how fast it burns, when it ends.
import { useState } from "preact/hooks";
import "./slos.css";
import { type Slo, slos, sloVersions } from "../../api/slos.ts";
import { Button } from "../../components/Button.tsx";
import { Deferred } from "../../components/Deferred.tsx";
import { Dialog } from "../../components/Dialog.tsx";
import { Empty, ErrorNotice, Skeleton } from "../../components/Notice.tsx";
import { Versions } from "../../components/Versions.tsx";
import { t } from "../../i18n/translate.ts";
import { useResource, useTick } from "../../state/resource.ts";
import { location, recordSome } from "../../state/router.ts";
import { SloCard } from "./SloCard.tsx";

const REFRESH_SECONDS = 30;

export default function SlosPage() {
  const [changes, setChanges] = useState(0);
  const tick = useTick(REFRESH_SECONDS);
  const { data, error } = useResource(`${tick} ${changes}`, slos);
  const changed = (): void => setChanges(changes + 1);
  return (
    <div class="page stack">
      <header class="page-head">
        <h1>{t("nav.slos")}</h1>
        <span class="spacer" />
        <Button kind="primary" icon="plus" onClick={() => recordSome({ form: "new" })}>
          {t("slos.new")}
        </Button>
      </header>
      {error !== undefined && <ErrorNotice error={error} />}
      {!data && error === undefined && <Skeleton height={420} />}
      {data?.length === 0 && (
        <div class="card">
          <Empty title={t("slos.none")}>{t("slos.noneHint")}</Empty>
        </div>
      )}
      {data?.map((slo) => (
        <SloCard key={slo.definition.name} slo={slo} onChanged={changed} />
      ))}
      <Form all={data} onSaved={changed} />
      <History />
    </div>
  );
}

/** `?history=NAME`: also of one that was deleted. */
function History() {
  const name = location.value.parameters.get("history");
  if (!name) return null;
  return (
    <Versions
      key={name}
      name={name}
      load={async (signal) =>
        (await sloVersions(name, signal)).map(({ definition, ...version }) => ({
          ...version,
          text: definition ? JSON.stringify(definition, null, 2) : "",
        }))
      }
      onClose={() => recordSome({ history: "" })}
    />
  );
}

/** `?form=new` declares one, `?form=NAME` changes that one. */
function Form({ all, onSaved }: { all: readonly Slo[] | undefined; onSaved: () => void }) {
  const wanted = location.value.parameters.get("form");
  if (!wanted || !all) return null;
  const before = all.find(({ definition }) => definition.name === wanted)?.definition;
  const close = (): void => recordSome({ form: "" });
  return (
    <Dialog title={t(before ? "slos.edit" : "slos.new")} onClose={close} wide>
      <Deferred
        load={() => import("./SloForm.tsx")}
        shown={{
          ...(before ? { before } : {}),
          onSaved: () => {
            close();
            onSaved();
          },
        }}
        height={420}
      />
    </Dialog>
  );
}
