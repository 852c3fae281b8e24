// How full something is: a bar that changes colour at what operators call high and critical.
const HIGH = 0.8;
const CRITICAL = 0.92;

interface MeterProps {
  ratio: number;
  label: string;
  /** Full is not bad here: one colour. */
  plain?: boolean;
}

export function Meter({ ratio, label, plain = false }: MeterProps) {
  const percent = Math.min(Math.max(ratio, 0), 1) * 100;
  const level = plain ? "good" : ratio >= CRITICAL ? "bad" : ratio >= HIGH ? "warn" : "good";
  return (
    <div class={`meter ${level}`} role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(percent)}>
      <div style={{ width: `${percent}%` }} />
    </div>
  );
}
