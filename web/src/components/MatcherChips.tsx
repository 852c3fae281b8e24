// Matchers as small boxes, as they are written.
export function MatcherChips({ matchers }: { matchers: readonly string[] }) {
  return (
    <ul class="chips">
      {matchers.map((text) => (
        <li key={text} class="chip">
          <span>{text}</span>
        </li>
      ))}
    </ul>
  );
}
