// Why the list of alerts is empty, and what leads on.
import { Button } from "../../components/Button.tsx";
import { Empty } from "../../components/Notice.tsx";
import { t } from "../../i18n/translate.ts";
import { address, recordSome } from "../../state/router.ts";

/** `hasOthers`: alerts of another state are there. */
export function NothingShown({ isNarrowed, hasOthers }: { isNarrowed: boolean; hasOthers: boolean }) {
  if (hasOthers)
    return (
      <div class="card">
        <Empty title={t("alerts.noneInState")}>
          <Button onClick={() => recordSome({ state: "all" })}>{t("alerts.showAllStates")}</Button>
        </Empty>
      </div>
    );
  if (isNarrowed)
    return (
      <div class="card">
        <Empty title={t("alerts.noneMatches")}>
          <Button onClick={() => recordSome({ filter: "", silence: "" })}>{t("alerts.clearFilter")}</Button>
        </Empty>
      </div>
    );
  return (
    <div class="card">
      <Empty title={t("alerts.none")}>
        <p>{t("alerts.noneHint")}</p>
        <p>
          <a href={address("rules")}>{t("nav.rules")}</a>
        </p>
      </Empty>
    </div>
  );
}
