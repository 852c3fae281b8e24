// Annotations by name; a text that is an address can be followed.
import type { Labels } from "../api/query.ts";

export function Annotations({ annotations }: { annotations: Labels }) {
  const entries = Object.entries(annotations);
  if (entries.length === 0) return null;
  return (
    <dl class="annotations">
      {entries.map(([name, text]) => (
        <div key={name}>
          <dt class="small faint">{name}</dt>
          <dd>
            {/^https?:\/\/\S+$/.test(text) ? (
              <a href={text} target="_blank" rel="noreferrer">
                {text}
              </a>
            ) : (
              text
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}
