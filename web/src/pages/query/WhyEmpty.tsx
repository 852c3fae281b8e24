// Nothing came back: which selector matches nothing, which matcher is to blame, what is close to it; a press mends the query.
import { type Emptiness, type JudgedMatcher, type JudgedSelector, type Moment, whyEmpty } from "../../api/explain.ts";
import { Empty } from "../../components/Notice.tsx";
import { formatValue } from "../../format/units.ts";
import { type Key, t } from "../../i18n/translate.ts";
import { useResource } from "../../state/resource.ts";
import { mended } from "./mending.ts";

interface WhyEmptyProps {
  expr: string;
  moment: Moment;
  onFix: (expr: string) => void;
}

export function WhyEmpty({ expr, moment, onFix }: WhyEmptyProps) {
  const { data } = useResource(JSON.stringify([expr, moment]), (signal) => whyEmpty(expr, moment, signal));
  const reasons = data ? reasonsOf(data) : 0;
  return (
    <>
      <Empty title={t("query.noSeries")}>{t("query.noSeriesHint")}</Empty>
      {data && reasons > 0 && (
        <section class="why" aria-label={t("why.title")}>
          <h3>{t("why.title")}</h3>
          {data.selectors
            .filter(({ series }) => series === 0)
            .map((selector) => (
              <Selector key={selector.text} selector={selector} expr={expr} onFix={onFix} />
            ))}
          {data.losses.map(({ text, loss }) => (
            <div class="why-selector" key={text}>
              <code>{text}</code>
              <p class="soft">{t(`why.${loss}`)}</p>
            </div>
          ))}
        </section>
      )}
    </>
  );
}

const reasonsOf = ({ selectors, losses }: Emptiness): number =>
  selectors.filter(({ series }) => series === 0).length + losses.length;

function Selector({
  selector,
  expr,
  onFix,
}: {
  selector: JudgedSelector;
  expr: string;
  onFix: (expr: string) => void;
}) {
  const { text, ever, matchers } = selector;
  return (
    <div class="why-selector">
      <code>{text}</code>
      {ever > 0 && <p class="soft">{t("why.otherTime", { count: ever })}</p>}
      {ever === 0 && (
        <ul>
          {nameFirst(matchers).map((matcher) => (
            <li key={matcher.text}>
              <code class={blamed(matcher) ? "why-blamed" : ""}>{matcher.text}</code>
              <span class="soft">{t(verdict(matcher), counts(matcher))}</span>
              <Suggestions matcher={matcher} selector={text} expr={expr} onFix={onFix} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** The metric's name is what is misspelt most, and read first. */
const nameFirst = (matchers: readonly JudgedMatcher[]): JudgedMatcher[] => {
  const isName = ({ name }: JudgedMatcher): boolean => name === "__name__";
  return [...matchers.filter(isName), ...matchers.filter((matcher) => !isName(matcher))];
};

const blamed = ({ alone, without }: JudgedMatcher): boolean => alone === 0 || without > 0;

function verdict({ alone, without, closeNames }: JudgedMatcher): Key {
  if (alone === 0 && closeNames.length > 0) return "why.noLabel";
  if (alone === 0) return without > 0 ? "why.nothingAlone" : "why.nothing";
  return without > 0 ? "why.withoutIt" : "why.alone";
}

const counts = ({ alone, without }: JudgedMatcher): Record<string, string> => ({
  alone: formatValue(alone, "none"),
  without: formatValue(without, "none"),
});

interface SuggestionsProps {
  matcher: JudgedMatcher;
  selector: string;
  expr: string;
  onFix: (expr: string) => void;
}

function Suggestions({ matcher, selector, expr, onFix }: SuggestionsProps) {
  const { closeNames, closeValues } = matcher;
  const close = [
    ...closeNames.map((name) => ({ shown: name, fixed: mended(expr, selector, matcher, { name }) })),
    ...closeValues.map((value) => ({ shown: value, fixed: mended(expr, selector, matcher, { value }) })),
  ];
  if (close.length === 0) return null;
  return (
    <span class="row why-close">
      <span class="soft">{t("why.close")}</span>
      {close.map(({ shown, fixed }) => (
        <button
          type="button"
          class="chip pressable"
          key={shown}
          disabled={fixed === null}
          onClick={() => fixed && onFix(fixed)}
        >
          <span>{shown || "∅"}</span>
        </button>
      ))}
    </span>
  );
}
