// Line drawings on a 24-unit grid, in the text's colour. Decoration only: what a control does is said in words.
const PATHS = {
  overview: "M4 13h6V4H4zM14 20h6v-9h-6zM4 20h6v-3H4zM14 7h6V4h-6z",
  query: "M4 19V5M4 19h16M8 14l3.5-4 3 2.5L20 7",
  targets: "M12 12m-9 0a9 9 0 1 0 18 0a9 9 0 1 0-18 0M12 12m-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0M12 12h.01",
  status:
    "M4 7c0-1.7 3.6-3 8-3s8 1.3 8 3-3.6 3-8 3-8-1.3-8-3zM4 7v10c0 1.7 3.6 3 8 3s8-1.3 8-3V7M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3",
  sun: "M12 8a4 4 0 1 0 0 8a4 4 0 0 0 0-8zM12 2v2M12 20v2M4.9 4.9l1.4 1.4M17.7 17.7l1.4 1.4M2 12h2M20 12h2M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z",
  monitor: "M3 5h18v11H3zM8 20h8M12 16v4",
  plus: "M12 5v14M5 12h14",
  close: "M6 6l12 12M18 6L6 18",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  check: "M5 12.5l4.5 4.5L19 7",
  link: "M10 14a4 4 0 0 0 6 .4l3-3a4.2 4.2 0 0 0-6-6l-1.5 1.5M14 10a4 4 0 0 0-6-.4l-3 3a4.2 4.2 0 0 0 6 6l1.5-1.5",
  refresh: "M20 11a8 8 0 0 0-14.3-4L3 9.5M3 4v5.5h5.5M4 13a8 8 0 0 0 14.3 4l2.7-2.5M21 20v-5.5h-5.5",
  back: "M9 14L4 9l5-5M4 9h9a6 6 0 0 1 0 12h-2",
  search: "M11 4a7 7 0 1 0 0 14a7 7 0 0 0 0-14zM20 20l-4-4",
  clock: "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18zM12 7.5V12l3 2",
  help: "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18zM9.5 9.5a2.5 2.5 0 1 1 3.6 2.2c-.7.4-1.1.9-1.1 1.8M12 16.5h.01",
  chevron: "M9 6l6 6-6 6",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  duplicate: "M8 8h12v12H8zM4 16V4h12M14 11v6M11 14h6",
  list: "M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01",
  format: "M4 6h16M4 12h10M4 18h13",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  push: "M12 20V9M7 13l5-5 5 5M5 4h14",
  layers: "M12 4l9 5-9 5-9-5zM4 13.5l8 4.5 8-4.5",
  alert: "M6 17V11a6 6 0 0 1 12 0v6l1.5 2h-15zM10 21h4M12 3v2",
  silence: "M6 17V11a6 6 0 0 1 1.2-3.6M10 5.3A6 6 0 0 1 18 11v3.5M6 17l-1.5 2H17M10 21h4M4 4l16 16",
  branch: "M5 12h4M9 12c4 0 3-6 7-6h3M9 12c4 0 3 6 7 6h3M9 12h10M16.5 3.5L19 6l-2.5 2.5M16.5 15.5L19 18l-2.5 2.5",
  gauge: "M4.5 18a9 9 0 1 1 15 0M12 14l4-5M12 14h.01",
  send: "M5 12h13M13 6l6 6-6 6",
  edit: "M5 19l1-4L16 5l3 3L9 18zM14 7l3 3",
  play: "M7 5l12 7-12 7z",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      class="icon"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="1.8"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
