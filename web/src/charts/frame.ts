// What every plot over time does: it is as wide as its frame, and dragging in it chooses a time.
import { useEffect, useState } from "preact/hooks";
import type uPlot from "uplot";

export function useWidth(frame: { current: HTMLDivElement | null }): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry!.contentRect.width)));
    if (frame.current) observer.observe(frame.current);
    return () => observer.disconnect();
  }, []);
  return width;
}

export type Zoom = (start: number, end: number) => void;

const SELECTION_PIXELS_MIN = 6;

export function zoom(plot: uPlot, onZoom: Zoom | undefined): void {
  const { left, width } = plot.select;
  if (onZoom && width >= SELECTION_PIXELS_MIN) onZoom(plot.posToVal(left, "x"), plot.posToVal(left + width, "x"));
  if (width > 0) plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
}
